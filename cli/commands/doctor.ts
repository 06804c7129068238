import { command } from "../command.js";

export default command<{ readonly json?: boolean }>({
  name: "doctor",
  usage: "",
  summary: "Show what was found on this machine, and what each absence costs.",
  options: [{ flags: "--json", about: "print a list of { name, state, found, costs, remedy }" }],
  examples: ["tilescript doctor", "tilescript doctor --json | jq '.[] | select(.state != \"ok\")'"],
  async run({ options }) {
    const { doctor } = await import("../doctor/doctor.js");
    return doctor(options);
  },
});

import { command } from "../command.js";
import { InputError } from "../report/errors.js";

export default command({
  name: "explain",
  usage: "<code>",
  summary: "Say what a code such as TS-K2003 is about.",
  about: "Prints the code, whether it is an error or a warning, a sentence, and its place in the documentation.",
  options: [],
  examples: ["tilescript explain TS-K2003", "tilescript explain k2003"],
  async run({ args: [given = ""] }) {
    const { CATALOGUE, closest, ERRORS_PAGE, placeOnPage } = await import("../../compiler/diagnostics/index.js");
    const wanted = given.toUpperCase().replace(/^(?:TS-?)?(?=K)/, "TS-");
    const entry = CATALOGUE.find(({ code }) => code === wanted);
    if (entry) {
      console.log(`${entry.code}  ${entry.severity ?? "error"}\n${entry.about}\n${placeOnPage(entry.code)}`);
      return 0;
    }
    const meant = closest(
      wanted.slice(0, 40),
      CATALOGUE.map(({ code }) => code),
    );
    const hint = meant ? `Did you mean ${meant}?` : `${ERRORS_PAGE} has all codes.`;
    throw new InputError(`there is no code ${JSON.stringify(given)}`, hint);
  },
});

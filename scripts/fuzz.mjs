// Looks for inputs that make the product fail, hang or eat memory: every target in turn, each in processes of its own.
//
//   node scripts/fuzz.mjs [--minutes 60] [--target NAME …] [--seed N] [--json FILE] [--faults FOLDER]
//   node scripts/fuzz.mjs --target NAME --input FILE      tries the one input in the file, as JSON, again
import "../test/fuzz/harness/typescript.mjs";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    target: { type: "string", multiple: true, default: [] },
    seed: { type: "string" },
    json: { type: "string" },
    faults: { type: "string" },
    input: { type: "string" },
  },
});
for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) process.on(name, () => process.exit(code));
const { bringUpToDate } = await import("./dist.mjs");
bringUpToDate();
const { campaign, tryAgain } = await import("../test/fuzz/harness/campaign.ts");
process.exitCode = await (options.input === undefined ? campaign(options) : tryAgain(options));

import { command } from "../command.js";

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
}

export default command<Options>({
  name: "check",
  usage: "<files...>",
  summary: "Check kernels: names, dtypes, shapes, control flow. Needs no Python.",
  about:
    "A folder stands for the *.kernel.ts files below it. Every problem is reported, with its place. Exits with 1 if there is an error.",
  options: [
    {
      flags: "--json",
      about: "print a list of { file, line, column, endLine, endColumn, severity, code, message, hint, notes }",
    },
    { flags: "-w, --watch", about: "check again whenever a file changes" },
  ],
  examples: [
    "tilescript check matmul.kernel.ts",
    "tilescript check kernels/ --watch",
    "tilescript check kernels/ --json | jq '.[].message'",
  ],
  async run({ args, options, signal }) {
    const { checkFiles } = await import("../check-files.js");
    return checkFiles({ paths: args, ...options, signal });
  },
});

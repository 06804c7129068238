import { command } from "../command.js";
import { optimizeLess } from "../kernels/optimize-less.js";
import { architecture } from "../options/architectures.js";
import { InputError } from "../report/errors.js";

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly explain?: boolean;
  readonly arch?: number;
}

export default command<Options>({
  name: "check",
  usage: "<files...>",
  summary: "Check kernels: names, dtypes, shapes, control flow. Needs no Python.",
  about:
    "A folder stands for the *.kernel.ts files below it. Every problem is reported, with its place. Exits with 1 if there is an error. With " +
    "--explain each variant of each build is compiled too, with Python: the lines of a kernel are listed with the instructions that they became.",
  options: [
    {
      flags: "--json",
      about: "print a list of { file, line, column, endLine, endColumn, severity, code, message, hint, notes }",
    },
    { flags: "-w, --watch", about: "check again whenever a file changes" },
    {
      flags: "--explain",
      about: "say which loads and stores are vectors, cp.async or TMA, and which products wgmma or mma",
      conflicts: ["json", "watch"],
    },
    {
      flags: "-a, --arch <arch>",
      about: "architecture that --explain compiles for (default: the GPU's, or sm_90)",
      parse: architecture,
    },
  ],
  examples: [
    "tilescript check matmul.kernel.ts",
    "tilescript check kernels/ --watch",
    "tilescript check matmul.kernel.ts --explain --arch sm_90",
    "tilescript check kernels/ --json | jq '.[].message'",
  ],
  async run({ args, options: { explain, arch, ...options }, signal }) {
    if (arch !== undefined && !explain)
      throw new InputError("--arch was given without --explain", "Only --explain compiles for an architecture.");
    optimizeLess();
    const { checkFiles } = await import("../kernels/check.js");
    const code = await checkFiles({ paths: args, ...options, signal });
    if (!explain || code !== 0) return code;
    const { explainFiles } = await import("../kernels/explain.js");
    return explainFiles({ paths: args, arch, signal });
  },
});

import { command } from "../command.js";
import { seed } from "../options/integers.js";
import { type ProgramId, programId, type TracedLine, tracedLine } from "../run/trace.js";

interface Options {
  readonly device?: "cpu" | "cuda";
  readonly bundle?: string;
  readonly checked?: boolean;
  readonly nan?: boolean;
  readonly order?: number;
  readonly trace?: TracedLine;
  readonly program?: ProgramId;
}

export default command<Options>({
  name: "run",
  usage: "<script> [args...]",
  summary: "Run a TypeScript program; the kernels it imports are compiled first.",
  about:
    "Every *.kernel.ts that the script imports, directly or not, is built for the device at hand, and its import gives compiled kernels for " +
    "device.load(). If the script exports a function main, it is called with the arguments and awaited. Options go before the script.",
  passThrough: true,
  options: [
    {
      flags: "-d, --device <device>",
      about: "where Device.open() runs kernels (default: a GPU if there is one)",
      choices: ["cpu", "cuda"],
    },
    {
      flags: "--checked",
      about: "find memory read before it is written, programs that race, and arguments that a GPU refuses; on the CPU",
    },
    { flags: "--nan", about: "find the first op that makes a NaN or an infinity of numbers; checked too" },
    {
      flags: "--order <seed>",
      about: "run a launch's programs in an order made from this number; checked too",
      parse: seed,
    },
    {
      flags: "--trace <line>",
      about: "print what a line of a kernel assigns, stores or returns: LINE or FILE:LINE; on the CPU",
      parse: tracedLine,
    },
    {
      flags: "--program <x,y,z>",
      about: "whose values --trace prints (default: those of program 0,0,0)",
      parse: programId,
    },
    { flags: "--bundle <folder>", about: "take the kernels from this bundle instead of compiling: needs no Python" },
  ],
  examples: [
    "tilescript run examples/vector-add.ts",
    "tilescript run --device cpu my-program.ts --size 1000",
    "tilescript run --checked examples/layer-norm-backward.ts",
    "tilescript run --nan --order 7 my-program.ts",
    "tilescript run --trace 9 --program 3 examples/softmax.ts",
    "tilescript run --bundle bundles/examples dist/examples/matmul.js",
  ],
  async run({ args, options, signal }) {
    const { runScript } = await import("../run/script.js");
    const { checked, nan, order, trace, program, ...rest } = options;
    const debugging = { checked: checked || nan || order !== undefined, nan, order, trace, program };
    return runScript({ script: args[0] ?? "", args: args.slice(1), ...rest, debugging, signal });
  },
});

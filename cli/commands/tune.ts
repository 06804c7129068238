import { command } from "../command.js";
import { positive } from "../options/integers.js";
import { path } from "../options/texts.js";
import { type ShapeText, shapeText } from "../tune/shape-text.js";

interface Options {
  readonly shapes?: ShapeText[];
  readonly device?: "cpu" | "cuda";
  readonly bundle?: string;
  readonly budget: number;
  readonly all?: boolean;
  readonly json?: boolean;
}

export default command<Options>({
  name: "tune",
  usage: "<file#kernel>",
  summary: "Measure a kernel's builds on this GPU; launches then take the fastest for their shape.",
  about:
    "How the kernel is launched is said in a program beside it: matmul.tune.ts beside matmul.kernel.ts, which this command runs. Every build that a " +
    "launch could take is compared with the first, number by number, and timed; those that do not fit the GPU or spill registers are left out. " +
    "The times go into matmul.tuned.json, which tilescript build and run read. Ctrl-C keeps what was measured. Without a GPU there is nothing to " +
    "measure: launches take the first build.",
  options: [
    {
      flags: "-s, --shapes <shape...>",
      about: "what to measure, such as M=4096,N=4096,K=64 (default: the shapes of the program)",
      parse: shapeText,
      repeatable: true,
    },
    {
      flags: "-d, --device <device>",
      about: "cuda, or cpu to tune for the CPU executor (default: cuda)",
      choices: ["cpu", "cuda"],
    },
    { flags: "--budget <seconds>", about: "time to measure, without compiling", parse: positive, default: 600 },
    { flags: "--all", about: "measure builds that spill registers, too" },
    {
      flags: "--bundle <folder>",
      about:
        "measure the kernel of this bundle instead of compiling, which needs no Python; the bundle gets the result too",
      parse: path,
    },
    { flags: "--json", about: "print one object: kernel, device, file, shapes with their builds and times" },
  ],
  examples: [
    "tilescript tune examples/matmul.kernel.ts#matmul",
    "tilescript tune examples/matmul.kernel.ts#matmul --shapes M=16,N=4096,K=4096 M=8k,N=4096,K=4096",
    "tilescript tune examples/layer-norm.kernel.ts --budget 30 --json",
    "tilescript tune --bundle bundles/examples dist/examples/matmul.kernel.js#matmul",
  ],
  async run({ args, options, signal }) {
    const { tuneKernel } = await import("../tune/tune-kernel.js");
    return tuneKernel({ target: args[0] ?? "", ...options, signal });
  },
});

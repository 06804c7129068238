import { command } from "../command.js";
import { type Setting, setting } from "../inspect/settings.js";
import { optimizeLess } from "../kernels/optimize-less.js";
import { architecture } from "../options/architectures.js";
import { count } from "../options/integers.js";

interface Options {
  readonly out: string;
  readonly arch?: number;
  readonly build: number;
  readonly set?: readonly Setting[];
}

export default command<Options>({
  name: "inspect",
  usage: "<file#kernel>",
  summary: "Write a page that shows a kernel at every stage, line by line.",
  about:
    "One HTML file: TypeScript, Triton, TTGIR, PTX and SASS, of which the lines that belong together light up together; registers, spills, shared " +
    "memory, occupancy, and the bytes and operations of a program. Needs the Python environment, and no GPU.",
  options: [
    { flags: "-o, --out <file>", about: "the page to write", required: true },
    { flags: "-a, --arch <arch>", about: "architecture (default: the GPU's, or sm_90)", parse: architecture },
    { flags: "-b, --build <number>", about: "which of the kernel's builds, counted from 0", parse: count, default: 0 },
    {
      flags: "-s, --set <NAME=value>",
      about: "another value of a constant, or the value of an integer on which loops depend; may be repeated",
      parse: setting,
      repeatable: true,
    },
  ],
  examples: [
    "tilescript inspect examples/softmax.kernel.ts -o softmax.html",
    "tilescript inspect examples/matmul.kernel.ts#matmul -o matmul.html --arch sm_90 --set K=4096 --set BK=64",
  ],
  async run({ args, options, signal }) {
    optimizeLess();
    const { inspectKernel } = await import("../inspect/inspect-kernel.js");
    return inspectKernel({ target: args[0] ?? "", ...options, signal });
  },
});

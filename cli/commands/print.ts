import { command } from "../command.js";
import { optimizeLess } from "../kernels/optimize-less.js";
import { architecture } from "../options/architectures.js";
import { count } from "../options/integers.js";

interface Options {
  readonly stage: string;
  readonly arch?: number;
  readonly build: number;
}

export default command<Options>({
  name: "print",
  usage: "<file#kernel>",
  summary: "Show one stage of a kernel's way to the GPU.",
  about: "ir and triton need no Python; sass is what the GPU executes. Without #kernel the file must have exactly one.",
  options: [
    {
      flags: "-s, --stage <stage>",
      about: "what to show",
      choices: ["ir", "triton", "ttir", "ttgir", "llir", "ptx", "sass"],
      default: "triton",
    },
    {
      flags: "-a, --arch <arch>",
      about: "architecture for ttgir and below (default: the GPU's, or sm_90)",
      parse: architecture,
    },
    { flags: "-b, --build <number>", about: "which of the kernel's builds, counted from 0", parse: count, default: 0 },
  ],
  examples: [
    "tilescript print matmul.kernel.ts#matmul",
    "tilescript print matmul.kernel.ts#matmul --stage ir",
    "tilescript print matmul.kernel.ts --stage sass --arch sm_90 | grep HGMMA",
  ],
  async run({ args, options, signal }) {
    optimizeLess();
    const { printStage } = await import("../kernels/print.js");
    return printStage({ target: args[0] ?? "", ...options, signal });
  },
});

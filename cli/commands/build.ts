import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { command } from "../command.js";
import { architectures } from "../options/architectures.js";
import { positive } from "../options/integers.js";
import { attentions } from "../options/niah.js";
import { texts } from "../options/texts.js";
import { InputError } from "../report/errors.js";

interface Options {
  readonly model?: string[];
  readonly arch?: number[];
  readonly attention?: AttentionRequest[];
  readonly out: string;
  readonly jobs?: number;
  readonly json?: boolean;
  readonly lineInfo?: boolean;
}

export default command<Options>({
  name: "build",
  usage: "[files...]",
  summary: "Compile kernels, or those that models run on, to a bundle: cubins, PTX, IR, typed references.",
  about:
    "A folder stands for the *.kernel.ts files below it. Without --arch the GPU's architecture is taken, or sm_90 where there is none. " +
    "What was compiled before comes from a cache; only what changed is compiled again. With --model the bundle is one of the kernels that models of these " +
    "sizes run on, for a machine that has no Python: generate --bundle takes it.",
  options: [
    {
      flags: "-m, --model <file...>",
      about:
        "models whose kernels are compiled, instead of files: GGUF files, Hugging Face folders or hf:OWNER/REPO[:QUANT]",
      parse: texts,
      repeatable: true,
    },
    {
      flags: "-a, --arch <list>",
      about: "architectures, such as sm_90 or sm_80,sm_90; none for the CPU executor alone",
      parse: architectures,
      repeatable: true,
    },
    {
      flags: "--attention <mode>",
      about:
        "with --model: one more attention mode, beside dense, streaming and reattention with the paper's parameters",
      parse: attentions,
      repeatable: true,
    },
    {
      flags: "-o, --out <folder>",
      about: "where the bundle goes; an earlier bundle there is replaced",
      default: "bundle",
    },
    { flags: "-j, --jobs <number>", about: "Triton processes at once (default: the cores)", parse: positive },
    {
      flags: "--line-info",
      about: "cubins name the lines of TypeScript, for Nsight and cuda-gdb; they are larger",
      conflicts: ["model"],
    },
    { flags: "--json", about: "print one object: folder, kernels, variants, built, cached, milliseconds" },
  ],
  examples: [
    "tilescript build matmul.kernel.ts --arch sm_90 --out bundles/matmul",
    "tilescript build kernels/ --arch sm_80,sm_90,sm_100",
    "tilescript build kernels/ --arch none        # for the CPU executor, needs no Python",
    "tilescript build --model qwen.gguf --arch sm_90 --out bundles/qwen",
    "tilescript build --model qwen.gguf --arch sm_90 --attention reattention:preset=needle --out bundles/qwen",
  ],
  async run({ args, options, signal }) {
    const { model: models = [], ...rest } = options;
    if (args.length > 0 === models.length > 0)
      throw new InputError(
        args.length > 0 ? "files and --model were both given" : "there is nothing to build",
        "Name files with kernels, or models with --model.",
      );
    if (options.attention && models.length === 0)
      throw new InputError("--attention says nothing to kernels of files", "Name models with --model.");
    const { buildFiles } = await import("../kernels/build.js");
    return buildFiles({ paths: args, models, ...rest, signal });
  },
});

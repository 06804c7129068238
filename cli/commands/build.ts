import { architectures } from "../architectures.js";
import { command } from "../command.js";
import { positive } from "../integers.js";

interface Options {
  readonly arch?: number[];
  readonly out: string;
  readonly jobs?: number;
  readonly json?: boolean;
}

export default command<Options>({
  name: "build",
  usage: "<files...>",
  summary: "Compile kernels to a bundle: cubins, PTX, IR, typed references.",
  about:
    "A folder stands for the *.kernel.ts files below it. Without --arch the GPU's architecture is taken, or sm_90 where there is none. " +
    "What was compiled before comes from a cache; only what changed is compiled again.",
  options: [
    {
      flags: "-a, --arch <list>",
      about: "architectures, such as sm_90 or sm_80,sm_90; none for the CPU executor alone",
      parse: architectures,
    },
    {
      flags: "-o, --out <folder>",
      about: "where the bundle goes; an earlier bundle there is replaced",
      default: "bundle",
    },
    { flags: "-j, --jobs <number>", about: "Triton processes at once (default: the cores)", parse: positive },
    { flags: "--json", about: "print one object: folder, kernels, variants, built, cached, milliseconds" },
  ],
  examples: [
    "tilescript build matmul.kernel.ts --arch sm_90 --out bundles/matmul",
    "tilescript build kernels/ --arch sm_80,sm_90,sm_100",
    "tilescript build kernels/ --arch none        # for the CPU executor, needs no Python",
  ],
  async run({ args, options, signal }) {
    const { buildFiles } = await import("../build-files.js");
    return buildFiles({ paths: args, ...options, signal });
  },
});

/**
 * Builds retrieval for head sizes, groups and dtypes that no model here has: node dist/test/gpu/build-retrieval.js --arch sm_90 --out bundles/retrieval
 * On the machine that has Triton; the machine with the GPU only loads it. The kernels are the product's with other builds.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleKernels } from "../../compiler/build/from-kernels.js";
import { check } from "../../compiler/check.js";
import type { Build, Kernel } from "../../compiler/ir/index.js";
import { widthOf } from "../../runtime/kernels/reattention-tiles.js";
import { headConstants } from "../../runtime/reattention/kernel-runner.js";
import { RETRIEVAL_SHAPES } from "./retrieval-shapes.js";

const { values } = parseArgs({
  options: { arch: { type: "string", default: "sm_90" }, out: { type: "string", default: "bundles/retrieval" } },
});

const { kernels } = check(
  ["scan", "stream", "pick", "pick-streamed"].map((name) => `runtime/kernels/reattention-${name}.kernel.ts`),
  { project: process.cwd() },
);

/** Builds of a kernel for a model whose heads take the same tiles, in any dtype. */
const buildsOf = (name: string, DP: number): readonly Build[] =>
  kernels
    .filter((kernel) => kernel.name === name)
    .flatMap((kernel) => kernel.builds)
    .filter(({ constants }) => constants.D === { narrow: 64, wide: 128 }[widthOf(DP)]);

const bound = kernels.flatMap((kernel): Kernel[] => {
  const builds = RETRIEVAL_SHAPES.filter(({ dtype }) => dtype === kernel.dtypes.T).flatMap((shape) => {
    const { G, D, DP } = headConstants(shape);
    return buildsOf(kernel.name, DP).map((build) => ({
      ...build,
      dtypes: kernel.dtypes,
      constants: { ...build.constants, G, D, DP },
    }));
  });
  return builds.length > 0 ? [{ ...kernel, builds }] : [];
});

const { built, cached } = await bundleKernels(bound, {
  arch: [Number(values.arch.replace("sm_", ""))],
  folder: resolve(values.out),
  project: process.cwd(),
  sourceHash: (file) => createHash("sha256").update(file).digest("hex"),
});
console.log(`${values.out}: ${bound.length} kernels, ${built} cubins compiled, ${cached} from the cache`);

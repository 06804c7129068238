/**
 * Builds the bundle of the ops' kernels: node dist/test/gpu/build-ops.js --arch sm_90 --out bundles/ops
 * On the machine that has Triton; the machine with the GPU only loads it.
 */
import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleKernels } from "../../compiler/build/from-kernels.js";
import { opKernels } from "./op-kernels.js";

const { values } = parseArgs({
  options: { arch: { type: "string", default: "sm_90" }, out: { type: "string", default: "bundles/ops" } },
});

const { built, cached } = await bundleKernels(
  opKernels.map(({ kernel }) => kernel),
  {
    arch: [Number(values.arch.replace("sm_", ""))],
    folder: resolve(values.out),
    project: process.cwd(),
    sourceHash: (file) => createHash("sha256").update(file).digest("hex"),
  },
);
console.log(`${values.out}: ${opKernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`);

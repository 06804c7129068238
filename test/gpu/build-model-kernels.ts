/**
 * Builds the model kernels as the GPU tests launch them: node dist/test/gpu/build-model-kernels.js --arch sm_90 --out bundles/model-kernels
 * On the machine that has Triton; the machine with the GPU only loads it.
 */
import { parseArgs } from "node:util";
import { compileBuilds } from "../../compiler/build/index.js";
import { kernelBundle } from "../../runtime/package-root.js";
import { testedBuilds } from "./model-kernel-builds.js";

const { values } = parseArgs({
  options: { arch: { type: "string", default: "sm_90" }, out: { type: "string", default: "bundles/model-kernels" } },
});

const arch = Number(values.arch.replace("sm_", ""));
const { manifest, built, cached } = await compileBuilds({
  from: kernelBundle(),
  builds: await testedBuilds(arch),
  arch: [arch],
  out: values.out,
  all: true,
});
console.log(`${values.out}: ${manifest.kernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`);

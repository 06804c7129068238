/**
 * Builds the bundle of random kernels: node dist/test/gpu/build-random.js --arch sm_90 --out bundles/random [--count 2000] [--seed 1]
 * On the machine that has Triton; the machine with the GPU only loads it.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundleKernels } from "../../compiler/build/from-kernels.js";
import { createFrontend } from "../../compiler/frontend/index.js";
import { checked } from "../random/check.js";
import { CORPUS } from "../random/corpus.js";

const { values } = parseArgs({
  options: {
    arch: { type: "string", default: "sm_90" },
    out: { type: "string", default: "bundles/random" },
    count: { type: "string", default: String(CORPUS.count) },
    seed: { type: "string", default: String(CORPUS.seed) },
  },
});

const folder = mkdtempSync(join(tmpdir(), "tilescript-random-"));
try {
  const corpus = checked(createFrontend(), folder, Number(values.seed), Number(values.count));
  // Buffers are aligned there, so one variant is enough.
  const kernels = [...corpus].flatMap(({ kernel, index }) => {
    const builds = kernel?.builds.map((build) => ({ ...build, alignment: "required" as const }));
    return kernel && builds ? [{ ...kernel, name: `k${index}`, builds }] : [];
  });
  const { built, cached } = await bundleKernels(kernels, {
    arch: [Number(values.arch.replace("sm_", ""))],
    folder: resolve(values.out),
    own: true,
    project: folder,
    sourceHash: (file) => createHash("sha256").update(file).digest("hex"),
  });
  console.log(`${values.out}: ${kernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

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
import type { Build, Kernel } from "../../compiler/ir/index.js";
import { checked } from "../random/check.js";
import { CORPUS } from "../random/corpus.js";

/** Buffers are aligned there, and the number is not: one variant is enough. */
const aligned = ({ params }: Kernel, build: Build): Build => ({
  ...build,
  alignment: "required",
  divisible: params.flatMap(({ kind, name }) => (kind === "pointer" ? [name] : [])),
});

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
  const kernels = [...corpus].flatMap(({ kernel, index }) =>
    kernel ? [{ ...kernel, name: `k${index}`, builds: kernel.builds.map((build) => aligned(kernel, build)) }] : [],
  );
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

/**
 * Builds what `measure.ts` compares: node dist/bench/tutorials/build.js --arch sm_90 --out bundles
 * Two bundles, `tutorials` of the kernels of examples/ and `tutorials-triton` of the functions of triton/, made by one Triton from the same
 * signatures: what Triton's tutorials do in its own language, with parameters named as in the examples. On the machine that has Triton; the
 * machine with the GPU only loads them.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { TritonJob } from "../../compiler/backends/triton/index.js";
import { bundleKernels } from "../../compiler/build/from-kernels.js";
import { check } from "../../compiler/check.js";
import { DEFAULT_OPTIONS, type Kernel } from "../../compiler/ir/index.js";
import { packageRoot } from "../../runtime/package-root.js";
import { TUTORIALS, type Tutorial } from "./cases.js";

const { values } = parseArgs({
  options: { arch: { type: "string", default: "sm_90" }, out: { type: "string", default: "bundles" } },
});
const project = packageRoot() ?? ".";
const here = join(project, "bench/tutorials");
const modules = readdirSync(join(here, "triton"))
  .filter((name) => name.endsWith(".py"))
  .map((name) => readFileSync(join(here, "triton", name), "utf8"));

const kernelsIn = (folder: string): readonly Kernel[] => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".kernel.ts"));
  return check(
    files.map((name) => join(folder, name)),
    { project, builds: false },
  ).kernels;
};
const examples = kernelsIn(join(project, "examples"));
const declared = kernelsIn(here);

/** The kernel with the build of the tutorial, which otherwise is compiled as its author's first. */
function built(kernels: readonly Kernel[], { kernel: name, constants, dtypes = {}, options }: Tutorial): Kernel {
  const found = kernels.find((one) => one.name === name && one.dtypes.T === dtypes.T);
  if (!found) throw new Error(`there is no kernel ${name}`);
  return { ...found, builds: [{ ...DEFAULT_OPTIONS, ...found.builds[0], constants, dtypes, ...options }] };
}

async function bundle(name: string, kernels: readonly Kernel[], job?: (job: TritonJob) => TritonJob): Promise<void> {
  const { built, cached } = await bundleKernels(kernels, {
    arch: [Number(values.arch.replace("sm_", ""))],
    folder: resolve(values.out, name),
    project,
    sourceHash: (file) =>
      createHash("sha256")
        .update(readFileSync(join(project, file)))
        .digest("hex"),
    job,
  });
  console.log(`${name}: ${kernels.length} kernels, ${built} cubins compiled, ${cached} from the cache`);
}

const each = [...new Map(TUTORIALS.map((one) => [one.kernel, one])).values()];
await bundle(
  "tutorials",
  each.map((one) => built(examples, one)),
);
await bundle(
  "tutorials-triton",
  each.map((one) => (one.own ? declared.find(({ name }) => name === one.kernel)! : built(examples, one))),
  (job) => {
    const { triton } = each.find(({ kernel }) => kernel === job.kernel)!;
    const source = modules.find((text) => text.includes(`\ndef ${triton}(`));
    if (source === undefined) throw new Error(`there is no function ${triton} in triton/`);
    return { ...job, source, kernel: triton };
  },
);

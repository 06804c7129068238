/**
 * Compiles what the tiny models of every family need: node dist/test/gpu/build-families.js --arch sm_90 --out bundles/families
 * On the machine that has Triton and numpy; the machine with the GPU only loads it.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureEnvironment } from "../../compiler/backends/triton/index.js";
import { compileBuilds } from "../../compiler/build/index.js";
import { type NeededBuild, neededBuilds } from "../../runtime/models/dry-run.js";
import { openModelFiles } from "../../runtime/models/load.js";
import { gpuOf } from "../../runtime/models/usual-builds.js";
import { kernelBundle } from "../../runtime/package-root.js";
import { readAttention } from "../../runtime/reattention/index.js";
import { runsOf, writeFamilies } from "./family-runs.js";

const { values } = parseArgs({
  options: { arch: { type: "string", default: "sm_90" }, out: { type: "string", default: "bundles/families" } },
});
const arch = Number(values.arch.replace("sm_", ""));

async function buildsOf(path: string, name: string): Promise<NeededBuild[]> {
  using files = openModelFiles(path);
  const builds: NeededBuild[] = [];
  for (const { attention, context } of runsOf(name)) {
    const run = { attention: readAttention(attention, files.config.context), capacity: context };
    builds.push(...(await neededBuilds(gpuOf(arch), { ...files, ...run })));
  }
  return builds;
}

const folder = mkdtempSync(join(tmpdir(), "tiny-models-"));
try {
  const { python } = await ensureEnvironment({ extras: ["test"], onProgress: console.error });
  const names = await writeFamilies(python, folder);
  const builds = new Map<string, NeededBuild>();
  for (const name of names)
    for (const build of await buildsOf(join(folder, name), name)) builds.set(JSON.stringify(build), build);
  const began = performance.now();
  const { built, cached } = await compileBuilds({
    ...{ from: kernelBundle(), builds: [...builds.values()], arch: [arch], out: resolve(values.out), all: true },
  });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${values.out}: ${builds.size} builds for ${names.length} models, ${built} cubins compiled, ${cached} from the cache, in ${seconds} s`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

// Writes the package tilescript-kernels: the kernels of released models, compiled ahead, for those who have no Python. `npm pack` in that folder
// makes the tarball.
//
//   node scripts/family-kernels.mjs [--arch sm_90 …] [--model NAME …] [--out family-kernels/package]
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bringUpToDate } from "./dist.mjs";

const { values } = parseArgs({
  options: {
    arch: { type: "string", multiple: true },
    model: { type: "string", multiple: true },
    out: { type: "string", default: "family-kernels/package" },
  },
});
bringUpToDate();
const { ensureModelKernels } = await import("../dist/cli/kernels/model-kernels.js");
const { ARCHITECTURES, writePackage } = await import("../dist/family-kernels/package.js");
await ensureModelKernels();
const arch = values.arch?.map((name) => Number(name.replace(/^sm_/, ""))) ?? ARCHITECTURES;
let said = 0;
const onProgress = ({ text }) => {
  if (Date.now() - said < 5000) return;
  said = Date.now();
  console.error(text);
};
const cubins = await writePackage({ arch, models: values.model, out: values.out, onProgress });
const bytes = readdirSync(values.out, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
console.log(`${values.out}: ${JSON.stringify(cubins)}, ${(bytes / 1e6).toFixed(1)} MB`);

// Before `npm pack`: brings up to date what the package ships beside its sources, so that nothing is compiled or downloaded where it is installed.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeCommonJs } from "./commonjs.mjs";
import { bringUpToDate } from "./dist.mjs";
import { prebuild } from "./prebuild.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);

/** The model kernels as IR, of today's compiler. */
async function kernels() {
  const { ensureModelKernels } = await import("../dist/cli/kernels/model-kernels.js");
  await ensureModelKernels();
  if (!existsSync(join(root, "bundles/kernels/manifest.json"))) throw new Error("bundles/kernels could not be built");
}

try {
  bringUpToDate();
  writeCommonJs();
  await kernels();
  await prebuild(say);
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}

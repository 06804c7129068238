// Runs the GPU tests with Node's own test runner: they need an NVIDIA driver, dist/ and bundles/, and nothing else.
//
//   node scripts/gpu-tests.mjs [NAME …]     names of files in test/gpu, such as ops
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = join(root, "dist/test/gpu");

/** A clone builds what the packed folder brings along. */
async function prepare() {
  const { bringUpToDate } = await import("./dist.mjs");
  const { buildNative } = await import("./build-native.mjs");
  const { buildBundles, buildOps } = await import("./bundles.mjs");
  bringUpToDate();
  buildNative();
  const { gpuArchitecture } = await import("../dist/cli/kernels/gpu-architecture.js");
  const arch = gpuArchitecture() ?? 90;
  await buildBundles([arch], console.error);
  buildOps(arch);
}

if (existsSync(join(root, "tsconfig.build.json"))) await prepare();
const { openDriver } = await import("../dist/runtime/native/index.js");
const driver = openDriver();
if (!driver.available) {
  console.error(`There is no GPU to test: ${driver.detail}. ${driver.hint}`);
  process.exit(1);
}
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.js") && (wanted.length === 0 || wanted.includes(name.replace(".test.js", ""))))
  .map((name) => join(folder, name));
const child = spawn(process.execPath, ["--test", "--test-concurrency=1", "--test-reporter=spec", ...files], {
  stdio: "inherit",
  cwd: root,
});
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});

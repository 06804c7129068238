// npm test: makes what the tests need, runs them, and ends with one line that says how many passed and failed.
//
//   npm test [-- test/cli …]      any argument of vitest
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);

/** Python with Triton, the demo model and the test packages. Without them the tests that need them say so and fail. */
async function environment() {
  const { ensureEnvironment } = await import("../dist/compiler/triton/index.js");
  try {
    await ensureEnvironment({ extras: ["model", "test"], onProgress: say });
  } catch (error) {
    if (error?.name !== "EnvironmentError") throw error;
    say(`${error.message}\nThe tests that compile with Triton or read the demo model will fail.`);
  }
}

async function prepare() {
  const { bringUpToDate } = await import("./dist.mjs");
  const { buildNative } = await import("./build-native.mjs");
  bringUpToDate();
  const native = buildNative();
  if (!native.built) say(native.message);
  await environment();
  const { buildBundles } = await import("./bundles.mjs");
  await buildBundles([], say);
}

function vitest(report) {
  const program = join(root, "node_modules/vitest/vitest.mjs");
  const args = [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ];
  const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: "inherit" });
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => child.kill(name));
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)));
}

/** `12 passed, 0 failed`, and how many were skipped if any. A file that could not be loaded counts as one failure. */
function totals(report) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${numFailedTests + unloaded} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const folder = mkdtempSync(join(tmpdir(), "tilescript-test-"));
try {
  await prepare();
  const report = join(folder, "report.json");
  process.exitCode = await vitest(report);
  console.log(totals(report));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

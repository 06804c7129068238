// npm test: makes what the tests need, runs them, and ends with one line that says how many passed and failed.
//
//   npm test [-- test/cli …]      any argument of vitest
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);

/** Python with Triton, the demo model and the test packages. Without them the tests that need them say so and fail. */
async function environment() {
  const { ensureEnvironment } = await import("../dist/compiler/backends/triton/index.js");
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

/** What failed, each in a few lines: whoever sees only the end of the output sees them. */
function failures({ testResults }) {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    if (isFailedFile({ status, assertionResults })) return [`${file}: ${message.slice(0, 1000)}`];
    return assertionResults
      .filter((one) => one.status === "failed")
      .map((one) => `${file} > ${one.fullName}: ${one.failureMessages.join("\n").slice(0, 1000)}`);
  });
}

/** One that could not be loaded, or where what comes before or after the tests failed. */
const isFailedFile = ({ status, assertionResults }) =>
  status === "failed" && assertionResults.every((one) => one.status !== "failed");

/** `12 passed, 0 failed`, and how many were skipped if any. A file that failed although no test of it did counts as one failure. */
function totals({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const files = testResults.filter(isFailedFile).length;
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${numFailedTests + files} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const folder = mkdtempSync(join(tmpdir(), "tilescript-test-"));
try {
  await prepare();
  const file = join(folder, "report.json");
  process.exitCode = await vitest(file);
  const report = JSON.parse(readFileSync(file, "utf8"));
  for (const failure of failures(report)) console.log(failure);
  console.log(totals(report));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

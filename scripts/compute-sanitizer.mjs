// Runs tests of test/gpu under NVIDIA's compute-sanitizer, which must be installed: every kernel of the models and of the examples, and the
// language's corners. Ends with a line a run; what a tool reports is in OUT/TOOL-NAME.log.
//
//   node scripts/compute-sanitizer.mjs [--tool memcheck|racecheck|initcheck …] [--out compute-sanitizer] [--minutes 8] [--parts 8] [NAME …]
//
// --parts: of racecheck, by far the slowest, so many processes share the model kernels' cases.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tool: { type: "string", multiple: true, default: ["memcheck", "racecheck", "initcheck"] },
    out: { type: "string", default: "compute-sanitizer" },
    minutes: { type: "string", default: "8" },
    parts: { type: "string", default: "8" },
  },
});
const names =
  positionals.length > 0 ? positionals : ["model-kernels", "retrieval", "order", "examples", "corners", "batch"];
mkdirSync(values.out, { recursive: true });

async function check(tool, name, part) {
  const path = join(values.out, `${[tool, name, ...(part ? [part.replace("/", "-of-")] : [])].join("-")}.log`);
  const log = createWriteStream(path);
  const file = join(root, "dist/test/gpu", `${name}.test.js`);
  if (!existsSync(file)) throw new Error(`${file} is missing: node scripts/gpu-tests.mjs builds it`);
  // The launcher asks the driver for one parameter more than a kernel has, to learn how many there are.
  const options = [
    "--tool",
    tool,
    "--target-processes",
    "all",
    ...(tool === "racecheck" ? [] : ["--report-api-errors", "no"]),
  ];
  const test = [process.execPath, "--test", "--test-reporter=tap", file];
  const began = Date.now();
  const child = spawn("compute-sanitizer", [...options, ...test], {
    cwd: root,
    env: { ...process.env, TILESCRIPT_SANITIZER: tool, ...(part && { TILESCRIPT_PART: part }) },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000 * Number(values.minutes),
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exit = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? signal));
  });
  log.end();
  await finished(log);
  const text = readFileSync(path, "utf8");
  const number = (pattern) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  return {
    ...{ tool, test: name, part, exit, seconds: Math.round((Date.now() - began) / 1000) },
    ...{ passed: number(/^# pass (\d+)/m), failed: number(/^# fail (\d+)/m) },
    findings: number(/SUMMARY: (\d+) (?:errors?\b|hazards? displayed)/),
  };
}

const runs = [];
/** What has ended so far, so that an interrupted run leaves that. */
function write() {
  const head = { date: new Date().toISOString(), commit: process.env.TILESCRIPT_COMMIT };
  writeFileSync(join(values.out, "compute-sanitizer.json"), `${JSON.stringify({ ...head, runs }, null, 2)}\n`);
}

/** Into how many processes racecheck is cut: it is slow, and takes memory for as long as one lasts. */
const PARTS = { "model-kernels": Number(values.parts), batch: 3 };
const partsOf = (tool, name) =>
  tool === "racecheck" && PARTS[name]
    ? Array.from({ length: PARTS[name] }, (_, index) => `${index + 1}/${PARTS[name]}`)
    : [undefined];

async function checkPart(tool, name, part) {
  const run = await check(tool, name, part);
  console.log(JSON.stringify(run));
  runs.push(run);
  write();
}

await Promise.all(
  values.tool.map(async (tool) => {
    for (const name of names) await Promise.all(partsOf(tool, name).map((part) => checkPart(tool, name, part)));
  }),
);
const isClean = ({ exit, failed, findings }) => exit === 0 && failed === 0 && findings === 0;
process.exitCode = runs.every(isClean) ? 0 : 1;

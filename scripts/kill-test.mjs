// Kills -9 at random moments of a build, of a set-up of the Python environment, and of the cache's eviction; after each, the next must work.
//
//   node scripts/kill-test.mjs [--moments 200] [--seed N] [--only build,set-up,eviction] [--json FILE]
//
// --moments 80,80,40 has a number for each of --only. A round of the set-up makes an environment with the packages of the tests; all
// happens in a folder of its own, which goes at the end.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));
const { values } = parseArgs({
  options: {
    moments: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    only: { type: "string", default: "eviction,build,set-up" },
    json: { type: "string" },
  },
});
const only = values.only.split(",");
const numbers = values.moments.split(",").map(Number);
const tasks = only.map((name, index) => ({
  task: name,
  moments: numbers[index] ?? numbers.at(-1),
  tried: 0,
  kills: 0,
  failures: 0,
}));
const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8" });
/** After every moment, so that a run that is ended early counts too. */
function note() {
  if (values.json === undefined) return;
  const head = { date: new Date().toISOString(), commit: commit.stdout.trim(), seed: Number(values.seed) };
  const rows = tasks.map(({ task, tried, kills, failures }) => ({ task, moments: tried, kills, failures }));
  writeFileSync(values.json, `${JSON.stringify({ ...head, tasks: rows }, null, 2)}\n`);
}
let state = Number(values.seed);
/** mulberry32: the same moments for the same seed. */
const random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const scratch = mkdtempSync(join(tmpdir(), "kill-test-"));
const inDist = (path) => JSON.stringify(pathToFileURL(join(root, "dist", path)).href);
const program = (name, text) => {
  const path = join(scratch, `${name}.mjs`);
  writeFileSync(path, text);
  return path;
};

const evictor = program(
  "eviction",
  `import { Cache, cacheKey } from ${inDist("compiler/cache/index.js")};
  const cache = new Cache({ folder: process.env.TILESCRIPT_CACHE, limit: 200_000, onWarning: (text) => { throw new Error(text); } });
  for (let index = 0; index < 24; index++) {
    const key = cacheKey(index);
    const found = await cache.get(key);
    if (found && found.get("content").toString() !== key.repeat(400)) throw new Error("wrong content of " + key);
    if (!found && !(await cache.put(key, { content: key.repeat(400) }))) throw new Error("not stored: " + key);
    if (index % 4 === 3) await cache.evict();
  }`,
);
const setUp = program(
  "set-up",
  `import { ensureEnvironment } from ${inDist("compiler/backends/triton/index.js")};
  await ensureEnvironment({ extras: ["test"], triton: false });`,
);
const kernel = join(root, "examples/vector-add.kernel.ts");

const builder = program(
  "build",
  `import { main } from ${inDist("cli/main.js")};
  await main(["build", ${JSON.stringify(kernel)}, "--arch", "sm_90", "--out", ${JSON.stringify(join(scratch, "bundle"))}]);`,
);
const PROGRAMS = { eviction: evictor, build: builder, "set-up": setUp };

const env = { ...process.env, TILESCRIPT_CACHE: join(scratch, "cache") };
const environmentOf = (name) => (name === "set-up" ? { ...env, TILESCRIPT_VENV: join(scratch, "venv") } : env);

/** Runs a task to its end, or to a kill after some milliseconds; gives how it ended, and how long it took. */
function run(name, killAfter) {
  const started = performance.now();
  const child = spawn(process.execPath, [PROGRAMS[name]], {
    env: environmentOf(name),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => said.push(text));
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
  return new Promise((resolve) =>
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, took: performance.now() - started, said: said.join("") });
    }),
  );
}

/** What makes the next run do its work again. */
const afresh = {
  eviction: () => {},
  build: () => rmSync(join(scratch, "cache"), { recursive: true, force: true }),
  "set-up": () => rmSync(join(scratch, "venv"), { recursive: true, force: true }),
};

console.log(`seed ${values.seed}, ${tasks.map(({ task, moments }) => `${moments} moments of ${task}`).join(", ")}`);
let stopped = false;
try {
  for (const row of tasks) {
    const { task, moments } = row;
    const first = await run(task);
    if (first.code !== 0) throw new Error(`${task} does not work at all:\n${first.said}`);
    while (row.tried < moments) {
      afresh[task]();
      const { signal } = await run(task, random() * first.took);
      if (signal === "SIGKILL") row.kills++;
      const next = await run(task);
      if (next.code !== 0) {
        row.failures++;
        console.log(`${task}, moment ${row.tried}: the next run ended with ${next.code ?? next.signal}\n${next.said}`);
      }
      row.tried++;
      note();
    }
    console.log(`${task}: ${moments} moments, ${row.kills} killed, ${row.failures} times the next run failed`);
  }
  const left = readdirSync(scratch).filter((name) => /^bundle.+/.test(name));
  if (left.length > 0) console.log(`left beside the bundle: ${left.join(", ")}`);
} catch (error) {
  stopped = true;
  console.error(error.message);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = stopped || tasks.some(({ failures }) => failures > 0) ? 1 : 0;

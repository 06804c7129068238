// Kills -9 at random moments of a build, of a set-up of the Python environment, and of the cache's eviction; after each, the next must work.
//
//   node scripts/kill-test.mjs [--moments 200] [--seed N] [--only build,set-up,eviction]
//
// A round of the set-up makes an environment with the packages of the tests; all happens in a folder of its own, which goes at the end.
import { spawn } from "node:child_process";
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
  },
});
const moments = Number(values.moments);
const only = values.only.split(",");
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
  `import { ensureEnvironment } from ${inDist("compiler/triton/index.js")};
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

console.log(`seed ${values.seed}, ${moments} moments of each of ${only.join(", ")}`);
let failures = 0;
try {
  for (const name of only) {
    const first = await run(name);
    if (first.code !== 0) throw new Error(`${name} does not work at all:\n${first.said}`);
    let killed = 0;
    let broken = 0;
    for (let moment = 0; moment < moments; moment++) {
      afresh[name]();
      const { signal } = await run(name, random() * first.took);
      if (signal === "SIGKILL") killed++;
      const next = await run(name);
      if (next.code !== 0) {
        broken++;
        console.log(`${name}, moment ${moment}: the next run ended with ${next.code ?? next.signal}\n${next.said}`);
      }
    }
    failures += broken;
    console.log(`${name}: ${moments} moments, ${killed} killed, ${broken} times the next run failed`);
  }
  const left = readdirSync(scratch).filter((name) => /^bundle.+/.test(name));
  if (left.length > 0) console.log(`left beside the bundle: ${left.join(", ")}`);
} catch (error) {
  failures++;
  console.error(error.message);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;

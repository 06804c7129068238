// Keeps dist/ equal to the sources: compiles TypeScript, copies what tsc does not, and remembers from what it was made.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bringVendorUpToDate, vendored } from "./vendor.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const stampFile = join(dist, ".stamp");
const folders = [
  "dsl",
  "compiler",
  "runtime",
  "chart",
  "eval",
  "serve",
  "ai-sdk",
  "family-kernels",
  "cli",
  "examples",
  "bench",
  "test/gpu",
];
/** What test/gpu imports of the other tests, and tsc therefore compiles with it. */
const shared = ["test/cases", "test/compiler/ops", "test/model-kernels", "test/runtime/reattention"];
const assets = /\.(?:py|mjs|txt|html|css)$|\.kernel\.ts$/;
const outputs = /\.(?:d\.ts\.map|js\.map|d\.ts|js)$/;

function* filesOf(folder) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile()) yield path;
  }
}

const sources = () =>
  [
    ...[...folders, ...shared].flatMap((folder) => [...filesOf(join(root, folder))]),
    join(root, "tsconfig.json"),
    join(root, "tsconfig.build.json"),
    join(root, "package.json"),
    join(root, "package-lock.json"),
    join(root, "scripts/vendor.mjs"),
  ]
    .filter((path) => /\.(?:ts|py|mjs|txt|html|css|json)$/.test(path))
    .sort();

/** Names, sizes and times of all sources: reading them would cost every command tens of milliseconds. */
function fingerprint() {
  const hash = createHash("sha256");
  for (const path of sources()) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(root, path)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

const stamped = () => (existsSync(stampFile) ? readFileSync(stampFile, "utf8") : "");

/** What dist/ has of our own sources. */
const own = () => [...filesOf(dist)].filter((path) => !path.startsWith(join(dist, "vendor/")));

/** Files in dist/ whose source is gone: a removed module must not live on there. */
function removeOrphans() {
  for (const path of own()) {
    const source = join(root, relative(dist, path));
    const gone = outputs.test(path)
      ? !existsSync(source.replace(outputs, ".ts")) && !existsSync(source)
      : assets.test(path) && !existsSync(source);
    if (gone) rmSync(path);
  }
}

/** Lets what was compiled import other packages from dist/vendor, in the repository too: what is packed is what is tested. */
function importVendored() {
  for (const path of own()) {
    if (!/\.(?:m?js|d\.ts)$/.test(path)) continue;
    const text = readFileSync(path, "utf8");
    const made = vendored(path, text);
    if (made !== text) writeFileSync(path, made);
  }
}

function compile() {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  if (!existsSync(tsc))
    throw new Error("cannot build dist/: the TypeScript compiler is not installed; run npm ci in the repository first");
  const done = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, encoding: "utf8" });
  for (const path of folders.flatMap((folder) => [...filesOf(join(root, folder))]))
    if (assets.test(path)) cpSync(path, join(dist, relative(root, path)));
  // Its library is compiled with kernels: the front end reads the sources. Beside the declarations they would take their place.
  rmSync(join(dist, "language"), { recursive: true, force: true });
  cpSync(join(root, "dsl"), join(dist, "language"), { recursive: true });
  removeOrphans();
  bringVendorUpToDate();
  importVendored();
  if (done.status !== 0)
    throw new Error(`dist/ is built from sources with errors:\n${done.stdout}${done.stderr}`.trimEnd());
}

/** One build at a time: the others wait for it, and take over when its process is gone. */
function locked(work) {
  const lock = join(root, "dist/.lock");
  mkdirSync(dist, { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      const holder = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
      if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** In somebody else's clone the owner has to build. */
function requireWritable() {
  const folder = existsSync(dist) ? dist : root;
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    const state = existsSync(dist) ? "is older than its sources" : "was never built";
    throw new Error(
      `tilescript: ${dist} ${state}, and you may not write there; run npm start there as the user who owns it, or take a clone of your own`,
    );
  }
}

export const isUpToDate = () => stamped() === fingerprint();

/** Builds dist/ if any source changed since it was built. Says so on stderr, because it takes some seconds. Gives true if it built. */
export function bringUpToDate({ say = (text) => process.stderr.write(`${text}\n`) } = {}) {
  if (isUpToDate()) return false;
  requireWritable();
  return locked(() => {
    const now = fingerprint();
    if (stamped() === now) return false;
    say("tilescript: building dist/ from the sources (once after every change of them) …");
    compile();
    writeFileSync(stampFile, now);
    return true;
  });
}

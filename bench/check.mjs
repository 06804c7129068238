// `tilescript check` beside plain tsc on the same 100 kernels, each a process of its own, in turn; then a check after an edit, as in --watch.
//   node bench/check.mjs [--rounds 5] [--out FILE.json]
// The kernels are those of examples/, in so many copies of their files. tsc gets the options that check has: no DOM, no types of Node.
// Seconds of processors are what counts where a machine does other things beside: both ways do little but compute.
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, out: { type: "string" } } });
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { optimizeLess } = await import("../dist/cli/kernels/optimize-less.js");
const { check } = await import("../dist/compiler/check.js");
const { createFrontend } = await import("../dist/compiler/frontend/index.js");
const { hostEnvironment, median } = await import("../dist/bench/environment.js");
const { writeResults } = await import("../dist/bench/results-file.js");

const KERNELS = 100;
const folder = mkdtempSync(join(tmpdir(), "tilescript-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

function writeKernels() {
  const sources = readdirSync(at("../examples")).filter((name) => name.endsWith(".kernel.ts"));
  const files = [];
  for (let kernels = 0; kernels < KERNELS; ) {
    const name = sources[files.length % sources.length];
    const text = readFileSync(at(`../examples/${name}`), "utf8");
    const file = join(folder, `${files.length}-${name}`);
    writeFileSync(file, text);
    files.push(file);
    kernels += text.match(/^export const \w+ = kernel\(/gm).length;
  }
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "esnext.disposable"],
    module: "esnext",
    moduleResolution: "bundler",
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    paths: { tilescript: [at("../dist/language/index.ts")] },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  return files;
}

const CLOCK = `import { writeSync } from "node:fs";
process.on("exit", () => { const { user, system } = process.cpuUsage(); writeSync(3, String((user + system) / 1e6)); });`;

/** Seconds of processors and of a clock that a program of Node takes. */
function timed(...args) {
  const from = performance.now();
  const { status, output } = spawnSync(process.execPath, ["--import", `data:text/javascript,${CLOCK}`, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, TILESCRIPT_AS_BUILT: "1" },
  });
  if (status !== 0) throw new Error(output.join("\n"));
  return { processors: Number(output[3]), clock: (performance.now() - from) / 1000 };
}

/** Checks all files, writes to the end of one, and gives the seconds until it is checked again. */
function edited(files, rounds) {
  optimizeLess();
  const frontend = createFrontend();
  check(files, { frontend });
  return rounds.map((round) => {
    appendFileSync(files[round], `// ${round}\n`);
    const [from, used] = [performance.now(), process.cpuUsage()];
    const { diagnostics } = check(files, { frontend });
    if (diagnostics.length > 0) throw new Error(diagnostics[0].message);
    const { user, system } = process.cpuUsage(used);
    return { processors: (user + system) / 1e6, clock: (performance.now() - from) / 1000 };
  });
}

const files = writeKernels();
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const rounds = Array.from({ length: Number(values.rounds) }, (_, round) => round);
const pairs = rounds.map(() => ({
  check: timed(at("../cli/bin.mjs"), "check", folder),
  tsc: timed(tsc, "-p", folder),
}));
const middle = (way, kind) => median(pairs.map((pair) => pair[way][kind]));
const ratio = (kind) => median(pairs.map(({ check, tsc }) => check[kind] / tsc[kind]));
const edits = edited(files, rounds);
const results = {
  ...hostEnvironment(),
  kernels: KERNELS,
  files: files.length,
  ratio: { processors: ratio("processors"), clock: ratio("clock") },
  pairs,
  edits,
};
for (const kind of ["processors", "clock"]) {
  const [ours, theirs] = [middle("check", kind), middle("tsc", kind)].map((one) => one.toFixed(2));
  const edit = median(edits.map((one) => one[kind])).toFixed(3);
  console.log(`${kind}: check ${ours} s, tsc ${theirs} s, ${ratio(kind).toFixed(2)} ×; after an edit ${edit} s`);
}
if (values.out) writeResults(values.out, results);

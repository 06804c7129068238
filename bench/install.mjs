// What it takes to run a model from an empty folder, beside other packages for Node: bytes and seconds of `npm install`, and seconds from the start of a
// process to the first token of the same GGUF file, on the CPU, in turns.
//   node bench/install.mjs [--model demo.gguf] [--runs 5] [--out FILE.json]
// Install scripts do not run: what they would fetch or build is not counted. transformers.js reads no GGUF files, so of it there is the installation alone.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { hostEnvironment, median } = await import("../dist/bench/environment.js");
const { writeResults } = await import("../dist/bench/results-file.js");
const { findDemoModel } = await import("../dist/runtime/index.js");
const { values } = parseArgs({
  options: { model: { type: "string" }, runs: { type: "string", default: "5" }, out: { type: "string" } },
});
const model = values.model ?? findDemoModel();
const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tilescript-install-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

const QUESTION = "Why is the sky blue?";
/** Prints when the first piece of the answer is there, and ends. */
const SAY =
  "const say = (piece) => { console.log(JSON.stringify({ piece, ms: performance.now() })); process.exit(); };";
const PACKAGES = [
  {
    name: "TileScript",
    install: () => {
      execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
      return join(
        folder,
        readdirSync(folder).find((name) => name.endsWith(".tgz")),
      );
    },
    program: `import { Model } from "tilescript/runtime";
const model = await Model.load({ path: process.argv[2], device: "cpu", context: 512 });
for await (const { text } of model.generate(process.argv[3], { maxTokens: 1 })) say(text);`,
  },
  {
    name: "node-llama-cpp",
    install: () => "node-llama-cpp@3.22.1",
    program: `import { getLlama, LlamaChatSession } from "node-llama-cpp";
const llama = await getLlama({ gpu: false, logLevel: "error" });
const context = await (await llama.loadModel({ modelPath: process.argv[2] })).createContext({ contextSize: 512 });
await new LlamaChatSession({ contextSequence: context.getSequence() }).prompt(process.argv[3], { maxTokens: 1, temperature: 0, onTextChunk: say });`,
  },
  { name: "transformers.js", install: () => "@huggingface/transformers@4.3.2" },
];

const sized = (path) => Number(execFileSync("du", ["-sb", path], { encoding: "utf8" }).split("\t")[0]);

function install({ name, install, program }) {
  const home = join(folder, name);
  mkdirSync(home);
  writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }));
  if (program) writeFileSync(join(home, "first.mjs"), `${SAY}\n${program}\n`);
  const what = install();
  const from = performance.now();
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", what], { cwd: home });
  const seconds = (performance.now() - from) / 1000;
  const [{ version }] = Object.values(JSON.parse(execFileSync("npm", ["ls", "--json"], { cwd: home })).dependencies);
  return { name, version, bytes: sized(join(home, "node_modules")), installSeconds: seconds, program, home };
}

/** Seconds to the first token, with a cache of this bench's own. */
function firstToken({ name, home }) {
  const env = { ...process.env, TILESCRIPT_CACHE: join(folder, "cache"), TILESCRIPT_DEVICE: "cpu" };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["first.mjs", model, QUESTION], {
    cwd: home,
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1)).ms / 1000;
}

const packages = PACKAGES.map(install);
const ran = packages.filter(({ program }) => program);
// The first time, a package makes what it keeps for the next.
const first = new Map(ran.map((one) => [one.name, firstToken(one)]));
const again = new Map(ran.map(({ name }) => [name, []]));
for (let run = 0; run < Number(values.runs); run++) for (const one of ran) again.get(one.name).push(firstToken(one));

const rows = packages.map(({ name, version, bytes, installSeconds }) => ({
  name,
  version,
  bytes,
  installSeconds,
  firstTokenSeconds: first.get(name),
  firstTokenAgainSeconds: again.get(name),
}));
for (const { name, version, bytes, installSeconds, firstTokenSeconds, firstTokenAgainSeconds } of rows) {
  const tokens = firstTokenSeconds
    ? `, first token after ${firstTokenSeconds.toFixed(2)} s, later ${median(firstTokenAgainSeconds).toFixed(2)} s`
    : "";
  console.log(
    `${name} ${version}: ${(bytes / 1e6).toFixed(0)} MB, installed in ${installSeconds.toFixed(1)} s${tokens}`,
  );
}
if (values.out) writeResults(values.out, { ...hostEnvironment(), rows });

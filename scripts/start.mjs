// npm start: sets up everything once, with progress, then answers a prompt on the best device there is.
//
//   npm start [-- --prompt "…" --max-tokens 64 --temperature 0 …]     any option of `tilescript generate`
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const DEFAULT_PROMPT = "What is the capital of France?";
/** What cubins are made for where there is no GPU to ask. */
const DEFAULT_ARCH = 90;

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`TileScript needs Node 20.19 or newer; this is ${process.versions.node}. https://nodejs.org has it.`);
  process.exit(1);
}
/** A clone has sources; the folder that `scripts/pack.mjs` makes has everything ready and nothing to build it with. */
const isClone = existsSync(join(root, "tsconfig.build.json"));

if (isClone && !existsSync(join(root, "node_modules/listr2"))) {
  console.error("The dependencies are not installed. Run: npm ci");
  process.exit(1);
}

const stop = new AbortController();
let interrupted;
for (const [name, code] of Object.entries({ SIGINT: 130, SIGTERM: 143 }))
  process.once(name, () => {
    interrupted = code;
    stop.abort(new Error("interrupted"));
    setTimeout(() => process.exit(code), 5000).unref();
  });

/** What went without, to be said once everything else is done: a list on a terminal scrolls away. */
const missing = [];

/** True where there is a GPU and nothing that it could run. */
let noCubins = false;

/** True for failures that cost only what depends on them. */
const isEnvironmentError = (error) => error?.name === "EnvironmentError";

const gpu = async () => (await import("../dist/cli/kernels/gpu-architecture.js")).gpuArchitecture();

const steps = [
  {
    title: "Build TileScript",
    task: async (_context, task) => {
      const { bringUpToDate } = await import("./dist.mjs");
      if (!bringUpToDate({ say: (text) => (task.output = text) })) task.title = "TileScript is built";
    },
  },
  {
    title: "Build the GPU launcher",
    task: async (_context, task) => {
      const { buildNative } = await import("./build-native.mjs");
      const result = buildNative();
      task.title = result.message.split("\n")[0];
      if (result.built) return;
      missing.push(result.message);
      task.skip(task.title);
    },
  },
  {
    title: "Set up Python with Triton and the demo model",
    task: async (context, task) => {
      const { ensureEnvironment } = await import("../dist/compiler/backends/triton/index.js");
      try {
        const { folder } = await ensureEnvironment({
          extras: ["model"],
          signal: stop.signal,
          onProgress: (text) => (task.output = text),
          onNotice: (text) => (task.output = text),
        });
        task.title = `Python with Triton and the demo model is in ${folder}`;
      } catch (error) {
        if (!isEnvironmentError(error)) throw error;
        context.failure = error;
        missing.push(error.message);
        task.skip(error.missing);
      }
    },
  },
  {
    title: "Compile the kernels",
    task: async (context, task) => {
      const { buildModels } = await import("./bundles.mjs");
      const found = await gpu();
      const onProgress = ({ text }) => (task.output = text);
      const { failure } = context;
      const arch = failure ? [] : [found ?? DEFAULT_ARCH];
      // What has just failed is not tried again.
      const environment = failure && (() => Promise.reject(failure));
      const signal = stop.signal;
      const { manifest, built, cached } = await buildModels({ arch, environment, onProgress, signal });
      const archs = new Set(manifest.kernels.flatMap(({ variants }) => variants.map((one) => `sm_${one.arch}`)));
      const cubins = built > 0 ? `${built} cubins compiled, ${cached} from the cache` : `${cached} cubins up to date`;
      // With Python what is not there is compiled when a model is loaded.
      noCubins = failure !== undefined && found !== undefined && !archs.has(`sm_${found}`);
      const target = archs.size > 0 ? `${[...archs].join(", ")}: ${cubins}` : "the CPU executor";
      task.title = `${manifest.kernels.length} kernels for ${target}`;
    },
  },
];

async function setUp() {
  const { Listr, ListrLogger, ProcessOutput } = await import("listr2");
  // Progress is no result: stdout is for the answer alone.
  const processOutput = new ProcessOutput(process.stderr, process.stderr);
  const logger = new ListrLogger({ useIcons: true, toStderr: [], processOutput });
  const renderer = process.stderr.isTTY ? "default" : "simple";
  const rendererOptions = { logger };
  await new Listr(steps, {
    renderer,
    rendererOptions,
    fallbackRendererOptions: rendererOptions,
    forceTTY: process.stderr.isTTY,
    // Its own would end with 127 before ours ends with 130.
    registerSignalListeners: false,
  }).run({});
  for (const message of missing) process.stderr.write(`\n${message}\n`);
}

/** Says how to go on where the demo model could not be had, and gives false: to ask for `npm start` here would be asking in a circle. */
async function hasModel(given) {
  if (given.some((one) => /^(?:-m|--model|-h|--help)/.test(one)) || process.env.TILESCRIPT_MODEL) return true;
  const { findDemoModel } = await import("../dist/runtime/weights/index.js");
  try {
    findDemoModel();
    return true;
  } catch {
    process.stderr.write(
      "\nThere is no model to answer with, because the demo model comes with the Python set-up. To go on without it, name a GGUF file:\n" +
        "  npm start -- -m FILE.gguf      or set TILESCRIPT_MODEL=FILE.gguf\n",
    );
    return false;
  }
}

try {
  const given = process.argv.slice(2);
  if (isClone) await setUp();
  if (isClone && !(await hasModel(given))) process.exit(1);
  const hasPrompt = given.some((one) => /^(?:-p|-f|--prompt|--prompt-file|--help|-h)(?:=|$)/.test(one));
  if (!hasPrompt) process.stderr.write(`\n> ${DEFAULT_PROMPT}\n`);
  const { main } = await import("../dist/cli/main.js");
  const hasDevice = given.some((one) => /^(?:-d|--device)/.test(one));
  const device = noCubins && !hasDevice ? ["--device", "cpu"] : [];
  await main(["generate", ...device, ...(hasPrompt ? [] : ["--prompt", DEFAULT_PROMPT]), ...given]);
} catch (error) {
  if (interrupted === undefined) console.error(error.message);
  process.exitCode = interrupted ?? 1;
}

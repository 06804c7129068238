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
if (!existsSync(join(root, "node_modules/listr2"))) {
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

/** A clone has sources; the folder that `scripts/pack.mjs` makes has everything ready and nothing to build it with. */
const isClone = existsSync(join(root, "tsconfig.build.json"));

/** What went without, to be said once everything else is done: a list on a terminal scrolls away. */
const missing = [];

/** True for failures that cost only what depends on them. */
const isEnvironmentError = (error) => error?.name === "EnvironmentError";

const gpu = async () => (await import("../dist/cli/gpu-architecture.js")).gpuArchitecture();

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
      if (!result.built) missing.push(result.message);
    },
  },
  {
    title: "Set up Python with Triton and the demo model",
    task: async (context, task) => {
      const { ensureEnvironment } = await import("../dist/compiler/triton/index.js");
      try {
        const { folder } = await ensureEnvironment({
          extras: ["model"],
          signal: stop.signal,
          onProgress: (text) => (task.output = text),
        });
        task.title = `Python with Triton and the demo model is in ${folder}`;
        context.triton = true;
      } catch (error) {
        if (!isEnvironmentError(error)) throw error;
        task.title = error.missing;
        missing.push(error.message);
      }
    },
  },
  {
    title: "Compile the kernels",
    task: async (context, task) => {
      const { buildBundle } = await import("./bundles.mjs");
      const found = await gpu();
      const onProgress = ({ text }) => (task.output = text);
      const arch = context.triton ? [found ?? DEFAULT_ARCH] : [];
      const { manifest, built, cached } = await buildBundle("models", { arch, onProgress, signal: stop.signal });
      const archs = new Set(manifest.kernels.flatMap(({ variants }) => variants.map((one) => `sm_${one.arch}`)));
      const cubins = built > 0 ? `${built} cubins compiled, ${cached} from the cache` : `${cached} cubins up to date`;
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

try {
  if (isClone) await setUp();
  const given = process.argv.slice(2);
  const hasPrompt = given.some((one) => /^(?:-p|-f|--prompt|--prompt-file|--help|-h)(?:=|$)/.test(one));
  if (!hasPrompt) process.stderr.write(`\n> ${DEFAULT_PROMPT}\n`);
  const { main } = await import("../dist/cli/main.js");
  await main(["generate", ...(hasPrompt ? [] : ["--prompt", DEFAULT_PROMPT]), ...given]);
} catch (error) {
  if (interrupted === undefined) console.error(error.message);
  process.exitCode = interrupted ?? 1;
}

import { statSync } from "node:fs";
import { register } from "node:module";
import { extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { BundleFault, type Manifest, readManifest } from "../compiler/bundle/index.js";
import { cacheFolder } from "../compiler/cache/index.js";
import { dropForeign, privateFolder, privateRoot } from "../compiler/store/index.js";
import { tracedValues } from "../runtime/device/cpu/traced.js";
import { settleDevices } from "../runtime/device/open.js";
import { explainCalledKernel } from "./called-kernel.js";
import { InputError } from "./errors.js";
import { gpuArchitecture } from "./gpu-architecture.js";
import { handOverSignals } from "./interrupt.js";
import { kernelImports } from "./loader/kernel-imports.js";
import { watchForPendingAwait } from "./pending-await.js";
import { progress } from "./progress.js";
import { report } from "./report.js";
import { neverTraced, type ProgramId, type TracedLine, traceText } from "./trace.js";
import { ensureWritableCache } from "./writable-cache.js";

/** What the module hooks and Node load as code. */
const PROGRAM = /^(?:\.m?ts|\.[cm]?js|)$/;

/** What the CPU executor looks for while the program runs. */
interface Debugging {
  readonly checked: boolean;
  readonly nan?: boolean;
  readonly order?: number;
  readonly trace?: TracedLine;
  readonly program?: ProgramId;
}

interface RunRequest {
  readonly script: string;
  readonly args: readonly string[];
  readonly device?: "cpu" | "cuda";
  readonly bundle?: string;
  readonly debugging: Debugging;
  readonly signal: AbortSignal;
}

/** What the module hooks know of a compiled kernel file. */
interface CompiledFile {
  readonly folder: string;
  readonly kernels: readonly { readonly name: string; readonly file: string }[];
}

const compiledFile = (folder: string, manifest: Manifest): CompiledFile => ({
  folder,
  kernels: manifest.kernels.map(({ name, source }) => ({ name, file: source.file })),
});

function readBundle(folder: string): CompiledFile {
  try {
    return compiledFile(resolve(folder), readManifest(folder).manifest);
  } catch (error) {
    if (!(error instanceof BundleFault)) throw error;
    const problem = error.kind === "absent" ? "it has no manifest.json" : `${error.path}: ${error.message}`;
    throw new InputError(`${folder} is no bundle: ${problem}`, "Give --bundle the folder that tilescript build wrote.");
  }
}

/** Who runs a program has not said where bundles go, so an error about that must name what they can set. */
const aboutTheCache = (error: unknown): unknown =>
  error instanceof Error && error.name === "BuildError" && error.cause !== undefined
    ? new InputError(error.message, "Free some space there, or set TILESCRIPT_CACHE to another folder.")
    : error;

/** Throws where this process cannot put compiled kernels in the place of *.kernel.ts modules: other runtimes have no hooks for that. */
function requireHooks(script: string): void {
  const other = Object.entries({ bun: "Bun", deno: "Deno" }).find(
    ([name]) => process.versions[name] !== undefined,
  )?.[1];
  if (other === undefined) return;
  throw new InputError(
    `${script} imports kernels, which tilescript run compiles as they are loaded; ${other} has no module hooks for that`,
    "Run it with node, or build a bundle (tilescript build … --out DIR) and import DIR/index.js instead of the kernels.",
  );
}

/** Builds each kernel file that the script imports, for the device at hand; by the path of the imported module. */
async function compileImports(script: string, { device, signal }: RunRequest): Promise<Record<string, CompiledFile>> {
  const imports = kernelImports(script);
  if (imports.size === 0) return {};
  requireHooks(script);
  const { build } = await import("../compiler/build/index.js");
  const { sha256 } = await import("../compiler/build/names.js");
  const gpu = device === "cpu" ? undefined : gpuArchitecture();
  const line = progress();
  const compiled: Record<string, CompiledFile> = {};
  const runs = privateFolder(privateRoot(cacheFolder()), ["run"]);
  for (const [imported, source] of imports) {
    const out = join(runs, sha256(`${source} ${gpu ?? "cpu"}`).slice(0, 32));
    // A link in its place would lead the build, and what it removes, elsewhere.
    dropForeign(out);
    const { folder, manifest, diagnostics } = await build({
      files: [source],
      arch: gpu === undefined ? [] : [gpu],
      out,
      own: true,
      signal,
      onProgress: ({ text }) => line.show(text),
    }).catch((error) => {
      throw aboutTheCache(error);
    });
    if (diagnostics.length > 0) {
      line.clear();
      const { showDiagnostics } = await import("./diagnostics.js");
      showDiagnostics(diagnostics, process.stderr);
    }
    compiled[imported] = compiledFile(folder, manifest);
  }
  line.clear();
  return compiled;
}

/** The device that is asked for: the one that checks, where something is to be looked for. Its processes learn by the environment. */
function deviceFor({ device, debugging }: RunRequest): RunRequest["device"] {
  const { checked, nan, order, trace, program } = debugging;
  if (program && !trace)
    throw new InputError("--program says whose values --trace prints, and there is no --trace", "Add --trace LINE.");
  if (!checked && !trace) return device;
  if (device === "cuda")
    throw new InputError(
      "only the CPU executor checks and traces launches",
      "Leave --device cuda out, or --checked, --nan, --order and --trace.",
    );
  if (checked) process.env.TILESCRIPT_CHECKED = nan ? "nan" : "memory";
  if (order !== undefined) process.env.TILESCRIPT_ORDER = String(order);
  return "cpu";
}

/** Runs a program in this process. Its own errors, exit code and Ctrl-C are its own affair. */
export async function runScript(request: RunRequest): Promise<number> {
  const script = resolve(request.script);
  const facts = statSync(script, { throwIfNoEntry: false });
  if (!facts?.isFile())
    throw new InputError(
      facts === undefined
        ? `${request.script} does not exist`
        : `${request.script} is ${facts.isDirectory() ? "a folder" : "no regular file"}`,
      "Give the path of a .ts or .js file.",
    );
  if (!PROGRAM.test(extname(script)))
    throw new InputError(
      `${request.script} is no program: its name ends in none of .ts, .mts, .js, .mjs and .cjs`,
      "Give the path of a .ts or .js file.",
    );
  const device = deviceFor(request);
  if (device) process.env.TILESCRIPT_DEVICE = device;
  ensureWritableCache();
  if (request.bundle) requireHooks(script);
  const bundles = request.bundle
    ? { "*": readBundle(request.bundle) }
    : await compileImports(script, { ...request, device });
  request.signal.throwIfAborted();
  const { trace, program = [0, 0, 0] } = request.debugging;
  const folders = Object.values(bundles).map(({ folder }) => folder);
  if (trace) process.env.TILESCRIPT_TRACE = traceText(trace, program, folders);
  const packageRoot = fileURLToPath(new URL("../../", import.meta.url));
  register("./loader/hooks.mjs", import.meta.url, { data: { bundles, cache: cacheFolder(), packageRoot } });
  process.setSourceMapsEnabled(true);
  const kernels = Object.values(bundles).flatMap((bundle) => bundle.kernels.map(({ name }) => name));
  // A closed device tells so that work which nobody waited for has failed.
  const verbose = process.argv.includes("--verbose");
  process.on("unhandledRejection", async (error) => {
    // A program that listens itself decides what follows.
    if (process.listenerCount("unhandledRejection") > 1) return;
    process.exit(await report(explainCalledKernel(error, kernels), verbose));
  });
  process.argv = [process.argv[0] as string, script, ...request.args];
  request.signal.addEventListener("abort", () =>
    process.exit((request.signal.reason as { exitCode?: number }).exitCode ?? 130),
  );
  handOverSignals();
  const pending = watchForPendingAwait(request.script);
  try {
    const module = (await import(pathToFileURL(script).href)) as { main?: (args: readonly string[]) => unknown };
    pending.what = "main()";
    await module.main?.(request.args);
    await settleDevices();
    if (trace && tracedValues() === 0) console.error(neverTraced(trace, program));
  } catch (error) {
    throw explainCalledKernel(error, kernels);
  } finally {
    pending.done();
  }
  // A program that checks itself says so with its exit code.
  return Number(process.exitCode ?? 0);
}

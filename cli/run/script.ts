import { statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { tracedValues } from "../../runtime/device/cpu/traced.js";
import { settleDevices } from "../../runtime/device/open.js";
import { InputError } from "../report/errors.js";
import { handOverSignals } from "../report/interrupt.js";
import { report } from "../report/report.js";
import { explainCalledKernel } from "./called-kernel.js";
import { compileImports, loadCompiled, loadRuntime, readBundle, requireHooks } from "./compiled-imports.js";
import { watchForPendingAwait } from "./pending-await.js";
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
  await loadRuntime(bundles);
  request.signal.throwIfAborted();
  const { trace, program = [0, 0, 0] } = request.debugging;
  const folders = Object.values(bundles).map(({ folder }) => folder);
  if (trace) process.env.TILESCRIPT_TRACE = traceText(trace, program, folders);
  loadCompiled(bundles);
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

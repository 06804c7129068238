import { setMaxListeners } from "node:events";
import {
  ensureEnvironment,
  type PythonEnvironment,
  startTriton,
  type TritonJob,
  type TritonResult,
} from "../backends/triton/index.js";
import { Cache, cachedTriton } from "../cache/index.js";
import { type Diagnostic, mergeDiagnostics } from "../diagnostics/index.js";
import type { Made } from "./assemble.js";
import { type Failed, failureDiagnostics } from "./failure.js";
import { type JobOptions, jobOf } from "./job.js";
import type { Unit } from "./plan.js";

/** Something that compiles, and knows whether it had to. */
export interface Compiler {
  compile(job: TritonJob, options: { signal?: AbortSignal }): Promise<{ result: TritonResult; cached: boolean }>;
}

export interface Compiled {
  readonly made: readonly Made[];
  readonly problems: readonly Diagnostic[];
  readonly built: number;
  readonly cached: number;
}

type Outcome = { readonly made: Made; readonly cached: boolean } | { readonly failed: Failed };

export interface CompileUnitsOptions extends JobOptions {
  readonly signal?: AbortSignal;
  readonly onDone?: (unit: Unit, done: number, total: number) => void;
  /** Changes what Triton is given: a benchmark compiles other texts for the same launches. */
  readonly job?: (job: TritonJob) => TritonJob;
}

export interface GpuOptions extends CompileUnitsOptions {
  /** Workers at once. Default: as many as there are processors. */
  readonly jobs?: number;
  /** How to get Triton, asked for only where something has to be compiled. Default: `ensureEnvironment`. */
  readonly environment?: () => Promise<PythonEnvironment>;
  /** Takes what is done for lack of an environment. */
  readonly onProgress?: (text: string) => void;
}

/** Compiles every unit that was not compiled before, by workers that are started for it. */
export async function compileForGpu(
  units: readonly Unit[],
  { jobs, environment, onProgress, ...options }: GpuOptions,
): Promise<Compiled> {
  const usual = () => ensureEnvironment({ extras: [], signal: options.signal, onProgress });
  using service = await startTriton({ jobs, environment: environment ?? usual });
  return await compileUnits(units, cachedTriton(service, new Cache()), options);
}

/**
 * Compiles every unit, as many at once as the compiler has workers. A unit that fails does not keep the others from being compiled, so that
 * all problems are reported; without a compiler at all everything stops.
 */
export async function compileUnits(
  units: readonly Unit[],
  compiler: Compiler,
  { stages, lineInfo, signal, onDone, job: changed = (job) => job }: CompileUnitsOptions,
): Promise<Compiled> {
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  // One listener for each unit that waits for a worker: not a leak.
  setMaxListeners(0, either);
  let done = 0;
  const one = async (unit: Unit): Promise<Outcome> => {
    const { job, lines } = jobOf(unit, { stages, lineInfo });
    try {
      const first = await compiler.compile(changed(job), { signal: either });
      // What failed is found by the lines of the Python, so that must be what the failure speaks of.
      const isMoved = lineInfo && !first.result.ok;
      const { result, cached } = isMoved
        ? await compiler.compile(jobOf(unit, { stages }).job, { signal: either })
        : first;
      onDone?.(unit, ++done, units.length);
      return result.ok
        ? { made: { unit, output: result }, cached }
        : { failed: { unit, lines, failure: result.error } };
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  };
  const outcomes = await Promise.all(units.map(one));
  const made = outcomes.flatMap((outcome) => ("made" in outcome ? [outcome] : []));
  const failed = outcomes.flatMap((outcome) => ("failed" in outcome ? [outcome.failed] : []));
  return {
    made: made.map((outcome) => outcome.made),
    problems: mergeDiagnostics(
      failureDiagnostics(
        failed,
        made.map((outcome) => outcome.made.unit),
      ),
    ),
    built: made.filter(({ cached }) => !cached).length,
    cached: made.filter(({ cached }) => cached).length,
  };
}

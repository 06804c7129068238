/** Long contexts of a model, dense attention beside ReAttention: time to first token, time per token, memory. */

import type { Device } from "../../runtime/device/device.js";
import { openDevice } from "../../runtime/device/open.js";
import { environment } from "../environment.js";
import { measureRates } from "../rates.js";
import { crossovers } from "./crossover.js";
import { type Job, type MeasureOptions, measureRow, type Subject, tokensBeside } from "./measure.js";
import { type LongContextResults, type Row, withRow } from "./results.js";

export interface LongContextRun extends MeasureOptions {
  readonly kind: "cuda" | "cpu";
  readonly subject: Subject;
  readonly model: NonNullable<LongContextResults["model"]>;
  readonly jobs: readonly Job[];
  /** What is known already of this device: gets what was measured of it first, and gives what to go on with. */
  begin(measured: LongContextResults): LongContextResults;
  /** After every row. */
  onRow(row: Row, results: LongContextResults): void;
  /** A context that the device has no memory for, and about how many tokens it has memory for where that is known. */
  onFailure(job: Job, reason: Error, fits: number | undefined): void;
  /** After every job, whether it gave a row or failed. */
  onDone?(job: Job): void;
}

/** Measures all jobs, the short ones first: a run that is stopped has most of them. */
export async function runLongContext(run: LongContextRun): Promise<LongContextResults> {
  const { kind, subject, jobs, signal, onProgress, bundle } = run;
  // Every row has the device for itself, so that nothing of the one before takes its memory.
  const alone = async <T>(work: (device: Device) => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    using device = await openDevice({ prefer: kind });
    return await work(device);
  };
  onProgress?.("Measuring what the device gives at its best");
  let results = run.begin(
    await alone(async (device) => ({
      ...environment(device),
      model: run.model,
      ...(await measureRates(device, bundle, signal)),
      rows: [],
    })),
  );
  for (const job of jobs.toSorted((a, b) => a.tokens - b.tokens)) {
    const name = `${job.attention.kind} after ${job.tokens} tokens`;
    onProgress?.(name);
    try {
      const options = { bundle, signal, onProgress: (text: string) => onProgress?.(`${name}, ${text}`) };
      const row = await alone((device) => measureRow(device, subject, job, options));
      const rows = withRow(results.rows, row);
      results = { ...results, date: new Date().toISOString(), rows, crossovers: crossovers(rows) };
      run.onRow(row, results);
    } catch (error) {
      if ((error as Error).name !== "OutOfMemoryError") throw error;
      const fits = await alone((device) => tokensBeside(device, subject, job, { bundle }));
      run.onFailure(job, error as Error, fits);
    }
    run.onDone?.(job);
  }
  return results;
}

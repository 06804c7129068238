import { emitTriton, signatureOf } from "../emit/index.js";
import type { Span } from "../ir/index.js";
import type { TritonJob, TritonStage } from "../triton/index.js";
import { bindingName } from "./names.js";
import type { Unit } from "./plan.js";
import { forTarget, HOPPER } from "./target.js";

/** A job for the Triton worker, and the TypeScript place of each line of its Python. */
export interface PlannedJob {
  readonly job: TritonJob;
  readonly lines: readonly (Span | null)[];
}

/** What Triton is asked for to make a unit's cubin. */
export function jobOf(unit: Unit, stages: readonly TritonStage[] = ["cubin", "ptx"]): PlannedJob {
  const { kernel, build, arch } = unit;
  const { text, lines, entry, parameters } = emitTriton(forTarget(kernel, arch));
  const possible = arch >= HOPPER ? build : { ...build, pdl: false };
  const job: TritonJob = {
    source: text,
    file: `${bindingName(kernel)}.triton.py`,
    kernel: entry,
    ...signatureOf(kernel, possible, unit, parameters),
    target: { arch },
    stages,
  };
  return { job, lines };
}

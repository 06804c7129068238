import { emitTriton, signatureOf } from "../backends/triton/emit/index.js";
import type { LineOrigin, TritonJob, TritonStage } from "../backends/triton/index.js";
import type { Span } from "../ir/index.js";
import { placeOf } from "./failure.js";
import { bindingName } from "./names.js";
import type { Unit } from "./plan.js";
import { forTarget, HOPPER } from "./target.js";

/** A job for the Triton worker, and the TypeScript place of each line of its Python. */
export interface PlannedJob {
  readonly job: TritonJob;
  readonly lines: readonly (Span | null)[];
}

export interface JobOptions {
  /** What is asked for. Default: the cubin and the PTX. */
  readonly stages?: readonly TritonStage[] | undefined;
  /** PTX and cubins that name the lines of TypeScript that they were made of. */
  readonly lineInfo?: boolean | undefined;
}

/** What Triton is asked for of a unit. */
export function jobOf(unit: Unit, { stages = ["cubin", "ptx"], lineInfo = false }: JobOptions = {}): PlannedJob {
  const { kernel, build, arch } = unit;
  const { text, lines, entry, ...more } = emitTriton(forTarget(kernel, arch));
  const possible = arch >= HOPPER ? build : { ...build, pdl: false };
  const job: TritonJob = {
    source: text,
    file: `${bindingName(kernel)}.triton.py`,
    kernel: entry,
    ...signatureOf(kernel, possible, unit, more),
    target: { arch },
    stages,
    ...(lineInfo && { lineInfo: originsOf(lines) }),
  };
  return { job, lines };
}

/** A line without a place of its own belongs to what stands above it. */
const originsOf = (lines: readonly (Span | null)[]): readonly LineOrigin[] =>
  lines.flatMap((_, index) => {
    const span = placeOf(lines, index + 1);
    return span ? [{ python: index + 1, file: span.file, line: span.line, column: span.column }] : [];
  });

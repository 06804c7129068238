import type { TritonFailure, TritonFailureStage } from "../backends/triton/index.js";
import * as catalogue from "../diagnostics/catalogue/build.js";
import type { Diagnostic, Note } from "../diagnostics/index.js";
import type { Span } from "../ir/index.js";
import type { Unit } from "./plan.js";
import { promisesText } from "./variants.js";

/** Which problem of the catalogue a failed stage is. */
const PROBLEMS = {
  options: catalogue.badOptions,
  python: catalogue.tritonRefused,
  triton: catalogue.tritonRefused,
  mlir: catalogue.mlirFailed,
  ptxas: catalogue.ptxasFailed,
  resources: catalogue.tooLarge,
  crash: catalogue.compilerDied,
  timeout: catalogue.compilerStuck,
} satisfies Record<TritonFailureStage, unknown>;

/** The TypeScript place of a line (from 1) of generated Python: its own, else that of the nearest line above that has one. */
export function placeOf(lines: readonly (Span | null)[], line: number | undefined): Span | undefined {
  return lines.slice(0, line ?? 0).findLast((span) => span !== null) ?? undefined;
}

/** A build and its architecture in words: `sm_90, BLOCK = 64, 4 warps, 2 stages`. */
export const configurationText = ({ build, arch }: Unit): string => {
  const values = Object.entries({ ...build.dtypes, ...build.constants }).map(([name, value]) => `${name} = ${value}`);
  return `${[`sm_${arch}`, ...values].join(", ")}, ${build.warps} warps, ${build.stages} stages`;
};

/** Stages whose failure says that the build and the architecture do not go together, not that the kernel is wrong. */
const MISFITS: ReadonlySet<TritonFailureStage> = new Set(["options", "resources"]);

export interface Failed {
  readonly unit: Unit;
  readonly lines: readonly (Span | null)[];
  readonly failure: TritonFailure;
}

/**
 * Errors for what failed; a warning for a build that does not fit an architecture for which its kernel has other builds: the largest tiles
 * of a data-centre GPU must not keep everything from running on a small one.
 */
export function failureDiagnostics(failed: readonly Failed[], made: readonly Unit[]): Diagnostic[] {
  return failed.map(({ unit, lines, failure }) => {
    const { kernel, arch } = unit;
    const others = made.some((one) => one.kernel === kernel && one.arch === arch && one.build !== unit.build);
    const diagnostic = failureDiagnostic(unit, lines, failure);
    if (!MISFITS.has(failure.stage) || !others) return diagnostic;
    return catalogue.leftOut(
      diagnostic.span,
      { kernel: kernel.name, message: failure.message, arch },
      diagnostic.notes,
    );
  });
}

/** What the user reads about a cubin that could not be made: where in their TypeScript, how it was called, in which configuration. */
export function failureDiagnostic(unit: Unit, lines: readonly (Span | null)[], failure: TritonFailure): Diagnostic {
  const calls = failure.calls.flatMap((call): Note[] => {
    const span = placeOf(lines, call.line);
    return span ? [{ message: "called from here", span }] : [];
  });
  const span = placeOf(lines, failure.line) ?? unit.kernel.span;
  const notes = [...calls, { message: `while building ${configurationText(unit)}, for ${promisesText(unit)}` }];
  return PROBLEMS[failure.stage](span, { kernel: unit.kernel.name, message: failure.message }, notes);
}

import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import type { Kernel } from "../ir/index.js";
import { Dependencies } from "./dependencies.js";
import { findKernels } from "./kernels.js";
import { lowerKernel } from "./lower-kernel.js";
import type { LoweredFile } from "./lowered.js";
import type { KernelProject } from "./project.js";
import { reportTypeErrors } from "./type-errors.js";
import type { ts } from "./typescript.mjs";
import { Unit } from "./unit.js";
import type { Whole } from "./whole.js";

interface Kept {
  readonly root: string;
  readonly dependsOn: readonly ts.SourceFile[];
  readonly lowered: LoweredFile;
}

const isSame = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((one, index) => one === b[index]);

/** What was found in the files of the last call: where a file depends on the same objects as then, nothing is done again. */
export class LoweredFiles {
  readonly #project: KernelProject;
  #kept: ReadonlyMap<ts.SourceFile, Kept> = new Map();

  constructor(project: KernelProject) {
    this.#project = project;
  }

  lower(whole: Whole, sources: readonly ts.SourceFile[]): readonly LoweredFile[] {
    const dependencies = new Dependencies(whole.program);
    const { root } = whole;
    const units = new Map<ts.SourceFile, Unit>();
    const now = new Map<ts.SourceFile, Kept>();
    for (const source of sources) {
      const dependsOn = dependencies.of(source);
      const kept = this.#kept.get(source);
      if (kept?.root === root && isSame(kept.dependsOn, dependsOn)) {
        now.set(source, kept);
        continue;
      }
      const unit = new Unit(whole);
      const refused = reportRefusals(unit, this.#project, dependencies.reached(source));
      const drafts = refused ? [] : draftsOf(unit, source);
      if (!refused) units.set(source, unit);
      now.set(source, { root, dependsOn, lowered: { drafts, diagnostics: unit.diagnostics } });
    }
    const isInterrupted = () => [...units.values()].some(({ interrupted }) => interrupted);
    if (!isInterrupted()) for (const [source, unit] of units) reportTypeErrors(unit, source);
    // A checker that was interrupted knows wrong things.
    if (isInterrupted()) this.#project.forget();
    this.#kept = isInterrupted() ? new Map() : now;
    return sources.map((source) => now.get(source)!.lowered);
  }
}

/** What tsc cannot parse it guesses at: kernels of such a file would have problems that nobody wrote. */
function draftsOf(unit: Unit, source: ts.SourceFile): readonly Kernel[] {
  if (unit.program.getSyntacticDiagnostics(source).length > 0) return [];
  // A file that is checked as a whole, from its beginning, is checked once; asked for a type in its middle first, tsc does much twice.
  unit.attempt(source, () => unit.program.getSemanticDiagnostics(source));
  return unit
    .attempt(source, () => findKernels(unit, source))
    .flatMap((kernel) => unit.attempt(kernel.call, () => lowerKernel(unit, kernel)));
}

/** Says which files go beyond a limit as they are written. Others import what these would export, so nothing else is said then. */
function reportRefusals(unit: Unit, project: KernelProject, files: ReadonlySet<ts.SourceFile>): boolean {
  let any = false;
  for (const file of files) {
    const refusal = project.refusal(file.fileName);
    if (refusal === undefined) continue;
    any = true;
    const { limit, instead, from, to } = refusal;
    unit.report(beyondLimit(unit.spanBetween(file, from, to), { limit, instead }));
  }
  return any;
}

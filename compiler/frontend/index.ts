import { resolve } from "node:path";
import { noFile } from "../diagnostics/catalogue/frontend.js";
import { beyondLimit } from "../diagnostics/catalogue/limits.js";
import { type Diagnostic, mergeDiagnostics } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { reportConfigErrors } from "./config-errors.js";
import { findKernels } from "./kernels.js";
import { lowerKernel } from "./lower-kernel.js";
import { isOfLanguage, KernelProject } from "./project.js";
import { reportTypeErrors } from "./type-errors.js";
import type { ts } from "./typescript.mjs";
import { Unit } from "./unit.js";

export interface LowerOptions {
  /** Folder that the files are relative to and that names in diagnostics and IR are relative to. Default: the current directory. */
  readonly root?: string;
}

export interface Lowered {
  /** Draft IR: types are unknown but for literals; a generic kernel stands once for each choice of dtypes. */
  readonly drafts: readonly Kernel[];
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute paths of the user's files that were read, imports included: what a build depends on. */
  readonly sources: readonly string[];
}

export interface Frontend {
  /**
   * Reads kernel files into draft IR. All problems of all files are reported; drafts of kernels with problems are given too, with
   * literals of unknown type in the places that were reported.
   */
  lower(files: readonly string[], options?: LowerOptions): Lowered;
}

/** A frontend that keeps its TypeScript program: the second `lower` takes milliseconds, and reads again only files that changed. */
export function createFrontend(): Frontend {
  const project = new KernelProject();
  return { lower: (files, options = {}) => lowerFiles(project, files, options.root ?? process.cwd()) };
}

let shared: Frontend | undefined;

/** `lower` on a frontend that this process shares. */
export function lower(files: readonly string[], options: LowerOptions = {}): Lowered {
  shared ??= createFrontend();
  return shared.lower(files, options);
}

function lowerFiles(project: KernelProject, files: readonly string[], root: string): Lowered {
  const paths = files.map((file) => resolve(root, file));
  const unit = new Unit(project.program(paths), root);
  const sources = paths.flatMap((path, index): readonly ts.SourceFile[] => {
    const source = unit.program.getSourceFile(path);
    if (source !== undefined) return [source];
    const span = { file: files[index]!, line: 1, column: 1, endLine: 1, endColumn: 1 };
    unit.report(noFile(span, { path: files[index]! }));
    return [];
  });
  const refused = reportRefusals(unit, project);
  reportConfigErrors(unit, project);
  // What tsc cannot parse it guesses at: kernels of such a file would have problems that nobody wrote.
  const sound = refused ? [] : sources.filter((source) => unit.program.getSyntacticDiagnostics(source).length === 0);
  const drafts = sound
    .flatMap((source) => unit.attempt(source, () => findKernels(unit, source)))
    .flatMap((kernel) => unit.attempt(kernel.call, () => lowerKernel(unit, kernel)));
  // A checker that was interrupted knows wrong things.
  if (unit.interrupted) project.forget();
  else if (!refused) reportTypeErrors(unit, sources);
  return { drafts, diagnostics: mergeDiagnostics(unit.diagnostics), sources: filesOf(unit.program) };
}

/** Says which files go beyond a limit as they are written. Others import what these would export, so nothing else is said then. */
function reportRefusals(unit: Unit, project: KernelProject): boolean {
  let any = false;
  for (const source of unit.program.getSourceFiles()) {
    const refusal = project.refusal(source.fileName);
    if (refusal === undefined) continue;
    any = true;
    unit.report(
      beyondLimit(unit.spanBetween(source, refusal.from, refusal.to), {
        limit: refusal.limit,
        instead: refusal.instead,
      }),
    );
  }
  return any;
}

/** Absolute paths of the program's files, without the language's own and TypeScript's. */
const filesOf = (program: ts.Program): readonly string[] =>
  program
    .getSourceFiles()
    .filter((file) => !program.isSourceFileDefaultLibrary(file) && !isOfLanguage(file))
    .map(({ fileName }) => fileName);

import { resolve } from "node:path";
import { noFile } from "../diagnostics/catalogue/frontend.js";
import { type Diagnostic, mergeDiagnostics } from "../diagnostics/index.js";
import type { Kernel } from "../ir/index.js";
import { reportConfigErrors } from "./config-errors.js";
import { type Description, describe } from "./describe.js";
import { type LoweredFile, LoweredFiles } from "./lower-file.js";
import { isOfLanguage, KernelProject, type Texts } from "./project.js";
import type { ts } from "./typescript.mjs";
import { Unit } from "./unit.js";

export type { Description } from "./describe.js";
export type { LoweredFile } from "./lower-file.js";

export interface LowerOptions {
  /** Folder that the files are relative to and that names in diagnostics and IR are relative to. Default: the current directory. */
  readonly root?: string;
}

export interface Lowered {
  /** What each of the files gave that are there, in their order. */
  readonly files: readonly LoweredFile[];
  /** The drafts of all files. */
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
  /** What the language's documentation says of a name that it exports; undefined before anything was lowered, and for other names. */
  describe(name: string): Description | undefined;
}

export interface FrontendOptions {
  /** Texts that stand in the place of what is on disk, by absolute paths: what an editor has not saved. They may change between calls. */
  readonly texts?: Texts;
}

/** A frontend that keeps its TypeScript program, and what files gave that neither changed nor import one that did. */
export function createFrontend({ texts }: FrontendOptions = {}): Frontend {
  const project = new KernelProject(texts);
  const known = new LoweredFiles(project);
  return {
    lower: (files, options = {}) => lowerFiles(project, known, files, options.root ?? process.cwd()),
    describe: (name) => project.current && describe(project.current, name),
  };
}

let shared: Frontend | undefined;

/** `lower` on a frontend that this process shares. */
export function lower(files: readonly string[], options: LowerOptions = {}): Lowered {
  shared ??= createFrontend();
  return shared.lower(files, options);
}

function lowerFiles(project: KernelProject, known: LoweredFiles, files: readonly string[], root: string): Lowered {
  const paths = files.map((file) => resolve(root, file));
  const unit = new Unit(project.program(paths), root);
  const sources = paths.flatMap((path, index): readonly ts.SourceFile[] => {
    const source = unit.program.getSourceFile(path);
    if (source !== undefined) return [source];
    const span = { file: files[index]!, line: 1, column: 1, endLine: 1, endColumn: 1 };
    unit.report(noFile(span, { path: files[index]! }));
    return [];
  });
  reportConfigErrors(unit, project);
  const lowered = known.lower(unit.program, sources, root);
  return {
    files: lowered,
    drafts: lowered.flatMap(({ drafts }) => drafts),
    diagnostics: mergeDiagnostics([...unit.diagnostics, ...lowered.flatMap(({ diagnostics }) => diagnostics)]),
    sources: filesOf(unit.program),
  };
}

/** Absolute paths of the program's files, without the language's own and TypeScript's. */
const filesOf = (program: ts.Program): readonly string[] =>
  program
    .getSourceFiles()
    .filter((file) => !program.isSourceFileDefaultLibrary(file) && !isOfLanguage(file))
    .map(({ fileName }) => fileName);

import { resolve } from "node:path";
import { noFile } from "../diagnostics/catalogue/frontend.js";
import { mergeDiagnostics } from "../diagnostics/index.js";
import { reportConfigErrors } from "./config-errors.js";
import { describe } from "./describe.js";
import { isOfLanguage } from "./language-files.js";
import { LoweredFiles } from "./lower-file.js";
import type { Frontend, FrontendOptions, Lowered, LowerOptions } from "./lowered.js";
import { KernelProject } from "./project.js";
import type { ts } from "./typescript.mjs";
import { Unit } from "./unit.js";
import { Whole } from "./whole.js";

export { sourcePath } from "./language-files.js";
export type { Description, Frontend, FrontendOptions, Lowered, LoweredFile, LowerOptions, Texts } from "./lowered.js";

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
  const unit = new Unit(new Whole(project.program(paths), root));
  const sources = paths.flatMap((path, index): readonly ts.SourceFile[] => {
    const source = unit.program.getSourceFile(path);
    if (source !== undefined) return [source];
    const span = { file: files[index]!, line: 1, column: 1, endLine: 1, endColumn: 1 };
    unit.report(noFile(span, { path: files[index]! }));
    return [];
  });
  reportConfigErrors(unit, project);
  const lowered = known.lower(unit.whole, sources);
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

import { relative, sep } from "node:path";
import { isOfLanguage, LANGUAGE_FILE, nameInLanguage } from "./language-files.js";
import type { ts } from "./typescript.mjs";

/** What all files of one `lower` call share: the checker, and what is found once. */
export class Whole {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly root: string;
  /** Every name that the language exports. */
  readonly language: ReadonlySet<string>;
  /** The symbol behind a name; null where tsc cannot find it. TypeScript itself looks for it again whenever it is asked. */
  readonly symbols = new Map<ts.Node, ts.Symbol | null>();
  readonly #names = new Map<ts.SourceFile, string>();

  constructor(program: ts.Program, root: string) {
    this.program = program;
    this.checker = program.getTypeChecker();
    this.root = root;
    this.language = exportsOf(program, this.checker);
  }

  /** The file's path relative to the project, with forward slashes, so that bundles do not depend on the machine. */
  nameOf(file: ts.SourceFile): string {
    const known = this.#names.get(file);
    if (known !== undefined) return known;
    const name = isOfLanguage(file) ? nameInLanguage(file) : relative(this.root, file.fileName).split(sep).join("/");
    this.#names.set(file, name);
    return name;
  }
}

function exportsOf(program: ts.Program, checker: ts.TypeChecker): ReadonlySet<string> {
  const file = program.getSourceFile(LANGUAGE_FILE);
  const module = file === undefined ? undefined : checker.getSymbolAtLocation(file);
  return new Set(module === undefined ? [] : checker.getExportsOfModule(module).map(({ name }) => name));
}

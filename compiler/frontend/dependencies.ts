import { isOfLanguage } from "./language-files.js";
import { changesIn } from "./static/changes.js";
import { ts } from "./typescript.mjs";

/** What TypeScript's parser notes of a file and its types do not tell. */
type Parsed = ts.SourceFile & {
  readonly imports?: readonly ts.StringLiteralLike[];
  readonly moduleAugmentations?: readonly ts.Node[];
};

/** A file without imports and exports declares for all others, and one with `declare global` or `declare module "…"` may. */
const isSeenByAll = (file: Parsed): boolean =>
  file.statements.length > 0 && (!ts.isExternalModule(file) || (file.moduleAugmentations?.length ?? 0) > 0);

/** On which files of a program what is found in one of them may depend. */
export class Dependencies {
  readonly #checker: ts.TypeChecker;
  /** Files of users, neither TypeScript's nor the language's own. */
  readonly #own: ReadonlySet<ts.SourceFile>;
  readonly #seenByAll: readonly ts.SourceFile[];
  readonly #imports = new Map<ts.SourceFile, readonly ts.SourceFile[]>();
  readonly #reached = new Map<ts.SourceFile, ReadonlySet<ts.SourceFile>>();
  #changing: readonly ts.SourceFile[] | undefined;

  constructor(program: ts.Program) {
    this.#checker = program.getTypeChecker();
    const files = program.getSourceFiles().filter((file) => !program.isSourceFileDefaultLibrary(file));
    this.#own = new Set(files.filter((file) => !isOfLanguage(file)));
    this.#seenByAll = files.filter(isSeenByAll);
  }

  /** The file, what it imports, what that imports, and what is seen without being imported. */
  reached(file: ts.SourceFile): ReadonlySet<ts.SourceFile> {
    const known = this.#reached.get(file);
    if (known !== undefined) return known;
    const found = new Set([file, ...this.#seenByAll]);
    // A set gives what is added to it on the way, too.
    for (const one of found) for (const imported of this.#importsOf(one)) found.add(imported);
    this.#reached.set(file, found);
    return found;
  }

  /** All of them: also files that change what a constant of a file it reaches holds, wherever they are. */
  of(file: ts.SourceFile): readonly ts.SourceFile[] {
    const reached = this.reached(file);
    this.#changing ??= [...this.#own].filter((one) => changesIn(one).length > 0);
    const changing = this.#changing.filter((one) =>
      [...this.reached(one)].some((other) => this.#own.has(other) && reached.has(other)),
    );
    return [...new Set([...reached, ...changing])];
  }

  #importsOf(file: Parsed): readonly ts.SourceFile[] {
    const known = this.#imports.get(file);
    if (known !== undefined) return known;
    const found = (file.imports ?? []).flatMap((name) =>
      (this.#checker.getSymbolAtLocation(name)?.declarations ?? []).map((one) => one.getSourceFile()),
    );
    this.#imports.set(file, found);
    return found;
  }
}

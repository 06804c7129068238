import { attempt, type Diagnostic } from "../diagnostics/index.js";
import { Budget, type Span } from "../ir/index.js";
import type { Static } from "./static/value.js";
import type { ts } from "./typescript.mjs";
import type { Whole } from "./whole.js";

/** What every stage shares that lowers a file: the checker, the problems found so far, and values computed once. */
export class Unit {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly whole: Whole;
  readonly diagnostics: Diagnostic[] = [];
  /** Module-level constants by symbol; null while one is being computed and where it is not static. */
  readonly constants = new Map<ts.Symbol, Static | null>();
  /** Kernels and device functions that were lowered: where tsc's own errors matter. */
  readonly regions = new Set<ts.Node>();
  /** The lists whose elements a function assigns. */
  readonly changedLists = new Map<ts.Node, ReadonlySet<ts.Symbol>>();
  /** Expressions whose problem is reported, or follows from one that is. */
  readonly poisoned = new Set<ts.Node>();
  /** Every name that the language exports. */
  readonly language: ReadonlySet<string>;
  /** What computing the constants of one kernel may take, all of them together. */
  steps = new Budget("steps");
  /** How much deeper constants may go through one another. */
  readonly depth = new Budget("nesting");
  /** True once something ended in the middle: the checker may have been at work then. */
  interrupted = false;
  private readonly reported = new Set<string>();

  constructor(whole: Whole) {
    this.whole = whole;
    this.program = whole.program;
    this.checker = whole.checker;
    this.language = whole.language;
  }

  /** Runs a stage on what stands at a node; nothing comes of it where it ends with a problem of its own. */
  attempt<T>(node: ts.Node, stage: () => readonly T[]): readonly T[] {
    const result = attempt(this.span(node), (problem) => this.report(problem), stage);
    this.interrupted ||= result === null;
    return result ?? [];
  }

  /** Keeps a problem once: a kernel that is generic over dtype is lowered once for each dtype. */
  report(diagnostic: Diagnostic): void {
    const { code, span, message } = diagnostic;
    const key = `${code} ${span.file}:${span.line}:${span.column} ${message}`;
    if (this.reported.has(key)) return;
    this.reported.add(key);
    this.diagnostics.push(diagnostic);
  }

  span(node: ts.Node): Span {
    return this.spanOf(node.getSourceFile(), node.getStart(), node.getEnd());
  }

  spanOf(file: ts.SourceFile, start: number, end: number): Span {
    return this.spanBetween(file, file.getLineAndCharacterOfPosition(start), file.getLineAndCharacterOfPosition(end));
  }

  spanBetween(file: ts.SourceFile, from: ts.LineAndCharacter, to: ts.LineAndCharacter): Span {
    return {
      file: this.nameOf(file),
      line: from.line + 1,
      column: from.character + 1,
      endLine: to.line + 1,
      endColumn: to.character + 1,
    };
  }

  nameOf(file: ts.SourceFile): string {
    return this.whole.nameOf(file);
  }
}

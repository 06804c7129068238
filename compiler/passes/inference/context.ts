import type { Diagnostic, Note } from "../../diagnostics/index.js";
import { type Expr, isOfLanguage, operands, type Span, shapeText, type Type, typeText } from "../../ir/index.js";
import { type InferContext, sameShape, shapeOf } from "../../ops/index.js";
import type { Scope } from "./scope.js";

/** The problems of one kernel, each once however many instances of a function have it. */
export class Problems {
  private readonly found = new Map<string, Diagnostic>();
  /** The calls that led into the function being inferred, outermost first. */
  readonly calls: { readonly callee: string; readonly span: Span }[] = [];

  add(diagnostic: Diagnostic): void {
    const { span, code, message, notes } = this.outsideLanguage(diagnostic);
    const key = `${span.file}:${span.line}:${span.column} ${code} ${message}`;
    const chain = this.calls
      .filter(({ span: at }) => at !== span && !isOfLanguage(at))
      .map(({ callee, span: at }): Note => ({ message: `in ${callee}, called here`, span: at }));
    if (!this.found.has(key))
      this.found.set(key, { ...diagnostic, span, message, notes: [...notes, ...chain.reverse()] });
  }

  /** A problem inside of the language's own library is one of the call that led there. */
  private outsideLanguage(diagnostic: Diagnostic): Diagnostic {
    if (!isOfLanguage(diagnostic.span)) return diagnostic;
    const { callee, span } = this.calls.findLast((one) => !isOfLanguage(one.span))!;
    const notes = diagnostic.notes.filter((note) => note.span === undefined || !isOfLanguage(note.span));
    return { ...diagnostic, span, message: `in ${callee}: ${diagnostic.message}`, notes };
  }

  /** In the order of the source. */
  list(): readonly Diagnostic[] {
    return [...this.found.values()].sort(
      (a, b) =>
        (a.span.file < b.span.file ? -1 : Number(a.span.file > b.span.file)) ||
        a.span.line - b.span.line ||
        a.span.column - b.span.column,
    );
  }

  get count(): number {
    return this.found.size;
  }

  get hasErrors(): boolean {
    return [...this.found.values()].some((one) => one.severity === "error");
  }
}

const property = (type: Type): string =>
  type.kind === "tile" && type.shape.length > 0 ? `has shape ${shapeText(type.shape)}` : `is ${typeText(type)}`;

/** The names in an expression that gave it its type: itself, or those inside with its shape. */
function sources(expr: Expr): readonly string[] {
  if (expr.kind === "ref") return [expr.name];
  if (expr.kind !== "op") return [];
  const shape = shapeOf(expr.type);
  return operands(expr)
    .flatMap((operand) => (sameShape(shapeOf(operand.type), shape) ? sources(operand) : []))
    .slice(0, 1);
}

/** What the rules of the ops see of the inference. */
export function contextFor(problems: Problems, scope: Scope): InferContext {
  const origin = (name: string): Note[] => {
    const variable = scope.variables.get(name);
    if (variable === undefined) return [];
    const why = variable.parameter ? "is declared as " : `${property(variable.type)} because of line `;
    const message = `${name} ${why}${variable.parameter ? typeText(variable.type) : variable.span.line}`;
    return [{ message, span: variable.span }];
  };
  return {
    fail(diagnostic) {
      problems.add(diagnostic);
      return null;
    },
    warn: (diagnostic) => problems.add(diagnostic),
    origins: (...from) => [...new Set(from.flatMap(sources))].flatMap(origin),
  };
}

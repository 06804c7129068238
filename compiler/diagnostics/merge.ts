import type { Span } from "../ir/index.js";
import { typescriptError } from "./catalogue/frontend.js";
import type { Diagnostic } from "./diagnostic.js";

/**
 * The problems of several stages as one list, in the order of the sources: each once, and without what tsc says about a place where the
 * compiler's own stages, which know sizes and dtypes, have said what is wrong.
 */
export function mergeDiagnostics(all: readonly Diagnostic[]): readonly Diagnostic[] {
  const once = [...new Map(all.map((one) => [keyOf(one), one])).values()];
  const described = once.filter(({ code, severity }) => severity === "error" && code !== typescriptError.entry.code);
  const echoes = (one: Diagnostic): boolean =>
    one.code === typescriptError.entry.code && described.some(({ span }) => overlap(one.span, span));
  return once.filter((one) => !echoes(one)).sort(bySource);
}

/** Notes do not tell two problems apart: they say how a place was reached. What a build prints, each build prints. */
const keyOf = ({ code, message, span, severity, notes }: Diagnostic): string =>
  JSON.stringify([code, message, span, severity === "note" ? notes : []]);

const isBefore = (line: number, column: number, otherLine: number, otherColumn: number): boolean =>
  line < otherLine || (line === otherLine && column < otherColumn);

const overlap = (a: Span, b: Span): boolean =>
  a.file === b.file &&
  isBefore(a.line, a.column, b.endLine, b.endColumn) &&
  isBefore(b.line, b.column, a.endLine, a.endColumn);

function bySource({ span: a }: Diagnostic, { span: b }: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

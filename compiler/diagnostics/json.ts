import type { Diagnostic } from "./diagnostic.js";

/** A diagnostic as `--json` prints it: lines and columns from 1, columns in UTF-16 units. */
export interface DiagnosticJson {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly message: string;
  readonly notes: readonly {
    readonly message: string;
    readonly file?: string;
    readonly line?: number;
    readonly column?: number;
  }[];
  readonly hint?: string;
}

/** Problems as `check --json` prints them: lines and columns from 1, the end exclusive. */
export function diagnosticsToJson(diagnostics: readonly Diagnostic[]): readonly DiagnosticJson[] {
  return diagnostics.map(({ span, severity, code, message, notes, hint }) => ({
    file: span.file,
    line: span.line,
    column: span.column,
    endLine: span.endLine,
    endColumn: span.endColumn,
    severity,
    code,
    message,
    notes: notes.map((note) => ({
      message: note.message,
      ...(note.span === undefined ? {} : { file: note.span.file, line: note.span.line, column: note.span.column }),
    })),
    ...(hint === undefined ? {} : { hint }),
  }));
}

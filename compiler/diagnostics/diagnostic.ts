import { TileScriptError } from "../../dsl/errors.js";
import type { Span } from "../ir/index.js";

/** More about a diagnostic, with another place where that helps. */
export interface Note {
  readonly message: string;
  readonly span?: Span;
}

/** One problem of the user's program. `code` is a key of the catalogue ("TS-K2003"). */
export interface Diagnostic {
  /** A `note` is no problem: what a kernel prints as it is built. */
  readonly severity: "error" | "warning" | "note";
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly notes: readonly Note[];
  readonly hint?: string;
}

/** One kind of problem: its message and hint as functions of the facts, and a line for the documentation. */
export const isError = ({ severity }: Diagnostic): boolean => severity === "error";

export interface CatalogueEntry<Facts> {
  readonly code: string;
  readonly severity?: "warning" | "note";
  readonly message: (facts: Facts) => string;
  readonly hint?: (facts: Facts) => string | undefined;
  /** One sentence for the docs. */
  readonly about: string;
}

/** Declares a catalogue entry and gives back the function that makes its diagnostics. */
export function problem<Facts = void>(entry: CatalogueEntry<Facts>) {
  const make = (span: Span, facts: Facts, notes: readonly Note[] = []): Diagnostic => ({
    severity: entry.severity ?? "error",
    code: entry.code,
    message: entry.message(facts),
    span,
    notes,
    hint: entry.hint?.(facts),
  });
  return Object.assign(make, { entry });
}

/** Thrown by stages that cannot go on; carries every problem found so far. */
export class DiagnosticError extends TileScriptError {
  override readonly name = "DiagnosticError";
  readonly diagnostics: readonly Diagnostic[];
  /** Folder that the spans' files are relative to, where the thrower knows it. */
  readonly root: string | undefined;
  constructor(diagnostics: readonly Diagnostic[], root?: string) {
    super(
      diagnostics[0]?.code ?? "diagnostics",
      diagnostics
        .map((one) => `${one.span.file}:${one.span.line}:${one.span.column} ${one.code}: ${one.message}`)
        .join("\n"),
    );
    this.diagnostics = diagnostics;
    this.root = root;
  }
}

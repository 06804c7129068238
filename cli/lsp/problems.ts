import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type DiagnosticRelatedInformation,
  DiagnosticSeverity,
  type Diagnostic as Shown,
} from "vscode-languageserver/node";
import { type Diagnostic, ERRORS_PAGE, isError } from "../../compiler/diagnostics/index.js";
import type { Span } from "../../compiler/ir/index.js";
import { rangeOf } from "./ranges.js";

/** The page with all codes, which comes with the package: beside the sources, or one folder further up from what is built of them. */
const PAGE = ["../../", "../../../"]
  .map((up) => new URL(up + ERRORS_PAGE, import.meta.url))
  .find((url) => existsSync(fileURLToPath(url)))?.href;

/** A problem as an editor shows it. `uriOf` gives the address of a span's file. */
export function shownProblem(problem: Diagnostic, uriOf: (span: Span) => string): Shown {
  const { code, message, span, notes, hint } = problem;
  const relatedInformation = notes.flatMap((note): DiagnosticRelatedInformation[] =>
    note.span ? [{ location: { uri: uriOf(note.span), range: rangeOf(note.span) }, message: note.message }] : [],
  );
  const placeless = notes.filter((note) => note.span === undefined).map((note) => `note: ${note.message}`);
  return {
    range: rangeOf(span),
    severity: isError(problem) ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning,
    code,
    ...(PAGE && { codeDescription: { href: `${PAGE}#${code.toLowerCase()}` } }),
    source: "tilescript",
    message: [message, ...placeless, ...(hint === undefined ? [] : [`hint: ${hint}`])].join("\n"),
    relatedInformation,
  };
}

import pc from "picocolors";
import type { Span } from "../ir/index.js";
import type { Diagnostic, Note } from "./diagnostic.js";
import { printable } from "./printable.js";
import { type ReadSource, sourceReader } from "./source-lines.js";

/** How a diagnostic is shown. */
export interface RenderOptions {
  /** Default: what the terminal can do. */
  readonly color?: boolean;
  /** Default: files relative to the current directory. */
  readonly readSource?: ReadSource;
}

type Colors = ReturnType<typeof pc.createColors>;

/**
 * A problem as a person reads it: place, severity, code and message on one line, the source line with the place underlined, notes that
 * say where things came from, and a hint.
 */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { span, code, message, notes, hint, severity } = diagnostic;
  const colors = pc.createColors(options.color ?? pc.isColorSupported);
  const readSource = options.readSource ?? sourceReader();
  const tint = { error: colors.red, warning: colors.yellow, note: colors.cyan }[severity];
  const head = `${colors.bold(place(span))}  ${tint(severity)} ${colors.dim(`${code}:`)} ${colors.bold(printable(message))}`;
  return [
    head,
    ...frame(span, readSource, tint, colors),
    ...notes.map((note) => `   ${colors.cyan("note:")} ${noteText(note, span, readSource)}`),
    ...(hint === undefined ? [] : [`   ${colors.green("hint:")} ${printable(hint)}`]),
  ].join("\n");
}

/** Several problems with a last line that counts them; empty for none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  if (diagnostics.length === 0) return "";
  const counts = (["error", "warning", "note"] as const)
    .map((kind) => counted(diagnostics.filter(({ severity }) => severity === kind).length, kind))
    .filter((text) => text !== "");
  return [...diagnostics.map((one) => renderDiagnostic(one, options)), counts.join(", ")].join("\n\n");
}

const counted = (count: number, noun: string): string =>
  count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;

const place = ({ file, line, column }: Span): string => printable(`${file}:${line}:${column}`);

/** Of longer source lines, so much is shown, of which so much before the place. */
const LONGEST = 160;
const BEFORE = 40;

/** The source line and a line of carets below it; nothing where the source cannot be read. */
function frame(span: Span, readSource: ReadSource, tint: (text: string) => string, colors: Colors): readonly string[] {
  const text = lineAt(span, readSource);
  if (text === null) return [];
  const number = String(span.line).padStart(5);
  const end = span.endLine === span.line ? span.endColumn - 1 : text.trimEnd().length;
  const start = span.column - 1;
  const from = text.length <= LONGEST || start < LONGEST / 2 ? 0 : start - BEFORE;
  const [cutBefore, cutBehind] = [from > 0 ? "…" : "", text.length > from + LONGEST ? "…" : ""];
  const shown = cutBefore + text.slice(from, from + LONGEST) + cutBehind;
  // Tabs stay tabs, so that the carets stand below what they mark.
  const indent = (cutBefore + text.slice(from, start)).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(end, from + LONGEST) - start));
  return [`${colors.dim(`${number} |`)} ${shown}`, `${colors.dim(`${" ".repeat(5)} |`)} ${indent}${tint(carets)}`];
}

/** A note shows the line it speaks of, and the file where that is another one. */
function noteText(note: Note, around: Span, readSource: ReadSource): string {
  const { message, span } = note;
  if (span === undefined) return printable(message);
  const text = lineAt(span, readSource)?.trim();
  const other = span.file === around.file ? "" : ` (${place(span)})`;
  return text === undefined || text === ""
    ? `${printable(message)}${other}`
    : `${printable(message)}${other}:  ${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}`;
}

/** What ends a line for TypeScript, whose places these are. */
const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

function lineAt({ file, line }: Span, readSource: ReadSource): string | null {
  const text = readSource(file)?.split(LINE_END)[line - 1];
  return text === undefined ? null : printable(text);
}

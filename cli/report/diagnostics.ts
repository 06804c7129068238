import { relative, resolve } from "node:path";
import { type Diagnostic, type Note, renderDiagnostics, sourceReader } from "../../compiler/diagnostics/index.js";
import type { Span } from "../../compiler/ir/index.js";
import { colours } from "./colours.js";

/** Places as seen from the current directory, so that a terminal can open them. */
function fromHere(diagnostics: readonly Diagnostic[], root: string): Diagnostic[] {
  const move = (span: Span): Span => ({
    ...span,
    file: relative(process.cwd(), resolve(root, span.file)) || span.file,
  });
  const moveNote = (note: Note): Note => (note.span ? { ...note, span: move(note.span) } : note);
  return diagnostics.map((one) => ({ ...one, span: move(one.span), notes: one.notes.map(moveNote) }));
}

/** Writes problems with their source lines. `root` is the folder that their files are relative to. */
export function showDiagnostics(
  diagnostics: readonly Diagnostic[],
  stream: NodeJS.WriteStream,
  root = process.cwd(),
): void {
  const color = colours(stream).isColorSupported;
  stream.write(`${renderDiagnostics(fromHere(diagnostics, root), { color, readSource: sourceReader() })}\n`);
}

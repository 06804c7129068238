import type { Range } from "vscode-languageserver/node";
import type { Span } from "../../compiler/ir/index.js";

/** A stretch of source as the protocol counts it: lines and characters from 0, characters in UTF-16 as in TypeScript. */
export const rangeOf = ({ line, column, endLine, endColumn }: Span): Range => ({
  start: { line: line - 1, character: column - 1 },
  end: { line: endLine - 1, character: endColumn - 1 },
});

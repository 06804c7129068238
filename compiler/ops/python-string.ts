/**
 * What Python's source cannot hold (NUL, lone surrogates), what ends a line for Python and not for us (\r, \f, U+0085, U+2028), what
 * readers do not see or see elsewhere (other controls, bidirectional marks), and what escapes are written with.
 */
const ESCAPED = /[\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

function escaped(letter: string): string {
  const code = letter.codePointAt(0)!.toString(16);
  return SHORT[letter] ?? (code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`);
}

/**
 * A literal that Python reads as exactly this text, whoever wrote it: the one way by which names, comments and strings get into generated
 * Python. A docstring keeps its line ends, and quotes that do not end it.
 */
export function pythonString(text: string, as: "string" | "line docstring" | "docstring" = "string"): string {
  const inner = text.replace(ESCAPED, (letter) => (letter === "\n" && as === "docstring" ? letter : escaped(letter)));
  if (as === "string") return `"${inner.replaceAll('"', '\\"')}"`;
  return `"""${inner.replace(/"""|"$/g, (quotes) => quotes.replaceAll('"', '\\"'))}"""`;
}

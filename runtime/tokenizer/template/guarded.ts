/** The characters by which a conversation's own text is told from its template's. See marks.mjs. */

import type { MarkedText } from "./renderer.js";

/**
 * Those of some tokens that can be marked: a template trims white space and JSON escapes quotes and control characters, so these stay
 * themselves, and so do halves of surrogate pairs.
 */
export const guardedCharacters = (tokens: readonly string[]): string[] => [
  ...new Set(tokens.flatMap((token) => token.match(guarded) ?? [])),
];

const guarded = /[^\s"\\\p{Cc}\p{Cs}\u{10000}-\u{10ffff}]/gu;

const identity = Uint16Array.from({ length: 0x10000 }, (_, unit) => unit);

/** Pieces of a marked text as they read. */
export function reader({ marks, meant }: MarkedText): (text: string) => string {
  const units = identity.slice();
  for (let i = 0; i < marks.length; i++) units[marks.charCodeAt(i)] = meant.charCodeAt(i);
  return (text) => {
    const codes = new Uint16Array(text.length);
    const bytes = Buffer.from(codes.buffer);
    bytes.write(text, "utf16le");
    for (let i = 0; i < codes.length; i++) codes[i] = units[codes[i]!]!;
    return bytes.toString("utf16le");
  };
}

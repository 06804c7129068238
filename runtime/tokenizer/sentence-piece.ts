/** SentencePiece's spelling: ▁ for a space, <0x0A> for a byte. */

import { spelledBytes } from "./byte-alphabet.js";
import type { TextStep, TokenizerSource } from "./source.js";
import { inTurn, prepend, replaceAll } from "./text-steps.js";

/** The character that stands for a space. */
export const spaceMark = "▁";

const utf8 = new TextEncoder();
const byteToken = /^<0x([\dA-F]{2})>$/;

/** The byte that a token such as <0x0A> stands for. */
export function tokenByte(spelling: string): number | undefined {
  const found = byteToken.exec(spelling);
  return found ? Number.parseInt(found[1]!, 16) : undefined;
}

/** Spelling of a byte. */
export const byteSpelling = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;

/** Ids of the 256 bytes, or undefined if one is missing. */
export function byteIds(idOf: (spelling: string) => number | undefined): number[] | undefined {
  const ids = Array.from({ length: 256 }, (_, byte) => idOf(byteSpelling(byte)));
  return ids.every((id) => id !== undefined) ? ids : undefined;
}

/**
 * The bytes of a piece, where ▁ is a space and <0x0A> a byte unless the vocabulary has no such tokens. Control tokens are
 * shown as they are; the other added ones are pieces too, such as runs of spaces.
 */
export const pieceBytes =
  ({ marks = true, bytes = true } = {}): TokenizerSource["bytesOf"] =>
  (spelling, added) => {
    const byte = bytes && !added ? tokenByte(spelling) : undefined;
    if (byte !== undefined) return Uint8Array.of(byte);
    return utf8.encode(marks && !added?.control ? spelling.replaceAll(spaceMark, " ") : spelling);
  };

/** The bytes of a token of GPT-2's alphabet; one that is not spelt in it, or was added, is text. */
export const byteLevelBytes: TokenizerSource["bytesOf"] = (spelling, added) =>
  (added ? undefined : spelledBytes(spelling)) ?? utf8.encode(spelling);

/** How SentencePiece prepares a text. */
export function sentencePieceText(options: { addSpacePrefix: boolean; removeExtraSpaces: boolean }): TextStep {
  const steps: TextStep[] = [];
  if (options.removeExtraSpaces) steps.push((text) => text.replace(/^ +| +$| +(?= )/g, ""));
  if (options.addSpacePrefix) steps.push(prepend(" "));
  return inTurn([...steps, replaceAll(" ", spaceMark)]);
}

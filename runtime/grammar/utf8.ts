/** Sets of characters as sequences of sets of bytes, as UTF-8 spells them. */
import type { Range, Ranges } from "./expression.js";
import { complement, intersect, SURROGATES } from "./ranges.js";

/** The last code points that are spelt with 1, 2 and 3 bytes. */
const ENDS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** For each sequence, what each of its bytes may be. */
export function utf8Sequences(ranges: Ranges): Range[][] {
  const sequences: Range[][] = [];
  for (const [first, last] of intersect(ranges, complement(SURROGATES))) {
    let from = first;
    for (const [index, end] of ENDS.entries()) {
      if (from > last) break;
      if (from > end) continue;
      split(from, Math.min(last, end), index, sequences);
      from = end + 1;
    }
  }
  return sequences;
}

/** Code points with `more` bytes behind the first, cut until every byte's set is independent of the others. */
function split(first: number, last: number, more: number, into: Range[][]): void {
  for (let i = 1; i <= more; i++) {
    const low = (1 << (6 * i)) - 1;
    if ((first & ~low) === (last & ~low)) continue;
    const cut = (first & low) !== 0 ? first | low : (last & low) !== low ? (last & ~low) - 1 : undefined;
    if (cut === undefined) continue;
    split(first, cut, more, into);
    split(cut + 1, last, more, into);
    return;
  }
  const [a, b] = [bytesOf(first, more), bytesOf(last, more)];
  into.push(a.map((byte, i): Range => [byte, b[i]!]));
}

const LEADS = [0, 0xc0, 0xe0, 0xf0];

const bytesOf = (code: number, more: number): number[] =>
  more === 0
    ? [code]
    : Array.from({ length: more + 1 }, (_, i) =>
        i === 0 ? LEADS[more]! | (code >> (6 * more)) : 0x80 | ((code >> (6 * (more - i))) & 0x3f),
      );

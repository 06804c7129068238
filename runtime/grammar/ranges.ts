import type { Range, Ranges } from "./expression.js";

export const LAST = 0x10ffff;

/** Sorted, with those that touch joined. */
export function union(ranges: Ranges): Ranges {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const joined: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/** All other code points. */
export function complement(ranges: Ranges): Ranges {
  const left: Range[] = [];
  let from = 0;
  for (const [first, last] of union(ranges)) {
    if (first > from) left.push([from, first - 1]);
    from = last + 1;
  }
  if (from <= LAST) left.push([from, LAST]);
  return left;
}

export const intersect = (a: Ranges, b: Ranges): Ranges => complement([...complement(a), ...complement(b)]);

/** The code points of some characters. */
export const of = (characters: string): Ranges =>
  union(Array.from(characters, (one): Range => [one.codePointAt(0)!, one.codePointAt(0)!]));

export const ANY: Ranges = [[0, LAST]];
/** Halves of pairs, which are no characters. */
export const SURROGATES: Ranges = [[0xd800, 0xdfff]];

import { floorDiv, max, maximum, mod, reshape, type Tile } from "tilescript";

/*
 * The sub-block lemma: divide the keys of a row into any parts and order the parts by their best key; then the k best keys lie in the k
 * best parts. (Were a key in another part, the best keys of those k parts would all come before it.) So a pass over the keys keeps only
 * the largest score of each part, and the k parts are scored again, key by key.
 *
 * Parts are the classes of blocks of keys: part b · CLASSES + c. Equal scores are ordered by position. Parts of equal maxima are
 * ordered by block; within one block nobody knows whose best key comes first, so CLASSES − 1 further parts must be looked at:
 * of the parts before a given one in the order (maximum, block, class) at most so many tie with it within its block, and any k others
 * have best keys that come first.
 */

/** What stands for −∞ and NaN among maxima: below every score that counts, above the −∞ of what is not there at all. */
export const LEAST = -3.4028234663852886e38;

/** Largest score of each class: [ROWS, OUTER · CLASSES · INNER] → [ROWS, CLASSES]. */
export function classMaxima(scores: Tile, ROWS: number, OUTER: number, CLASSES: number, INNER: number) {
  const parts = reshape(scores, [ROWS, OUTER, CLASSES, INNER]);
  return maximum(max(max(parts, 1), 2), LEAST);
}

/** The same of the SUB blocks that stand beside each other: [ROWS, SUB · OUTER · CLASSES · INNER] → [ROWS, SUB · CLASSES]. */
export function blockMaxima(
  scores: Tile,
  ROWS: number,
  SUB: number,
  OUTER: number,
  CLASSES: number,
  INNER: number,
): Tile {
  const parts = reshape(scores, [ROWS, SUB, OUTER, CLASSES, INNER]);
  return reshape(maximum(max(max(parts, 2), 3), LEAST), [ROWS, SUB * CLASSES]);
}

/** Position of the `member`-th key of a part, counted from the middle's first token. */
export function keyOfPart(part: Tile, member: Tile, OUTER: number, CLASSES: number, INNER: number) {
  const block = floorDiv(part, CLASSES) * (OUTER * CLASSES * INNER);
  return block + floorDiv(member, INNER) * (CLASSES * INNER) + mod(part, CLASSES) * INNER + mod(member, INNER);
}

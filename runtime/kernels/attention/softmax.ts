import { col, dot, exp2, sum, type Tile } from "tilescript";

/**
 * One step of the online softmax (arXiv 2307.08691, section 3.1): the `weights` of a block of keys, `rounded` to the values' dtype, under a new
 * largest score. Scores are in base 2.
 */
export function absorb(
  weights: Tile,
  rounded: Tile,
  value: Tile,
  top: Tile,
  newTop: Tile,
  weight: Tile,
  acc: Tile,
): [Tile, Tile] {
  const keep = exp2(top - newTop);
  return [weight * keep + sum(weights, 1), dot(rounded, value, { acc: acc * col(keep) })];
}

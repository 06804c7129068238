import { arange, bitcast, full, max, min, range, type Tile, where } from "tilescript";

/** Ranks as integers in the order of numbers, because the GPU compares those of 32 threads at once. −∞ has none. */
const NONE = -2147483648;
const LAST = 2147483647;

function rankOf(x: Tile) {
  // Zeros of both signs are equal.
  const bits = bitcast(where(x === 0, 0, x), "i32");
  return where(x > -Infinity, bits ^ ((bits >> 31) & LAST), NONE);
}

function numberOf(rank: Tile) {
  return where(rank > NONE, bitcast(rank ^ ((rank >> 31) & LAST), "f32"), -Infinity);
}

/**
 * The COUNT largest of x [N], f32 without NaN, largest first, and their indices; of equal ones the lower index first. −∞ is never taken: where
 * there are too few others, values are −∞ and indices −1.
 */
export function takeBest(x: Tile, index: Tile, COUNT: number): [Tile, Tile] {
  const slot = arange(0, COUNT);
  let left = rankOf(x);
  let ranks = full([COUNT], NONE, "i32");
  let indices = full([COUNT], -1, "i32");
  for (const place of range(COUNT)) {
    const best = max(left, 0);
    const at = min(where(left === best, index, LAST), 0);
    const mine = slot === place && best > NONE;
    ranks = where(mine, best, ranks);
    indices = where(mine, at, indices);
    left = where(index === at, NONE, left);
  }
  return [numberOf(ranks), indices];
}

import { arange, bitcast, col, full, max, maximum, min, row, sum, type Tile, to, where } from "tilescript";

/** Ranks as integers in the order of numbers, because the GPU compares those of 32 threads at once. −∞ has none. */
const NONE = -2147483648;
const LAST = 2147483647;

function rankOf(x: Tile | number) {
  // Zeros of both signs are equal.
  const bits = bitcast(where(x === 0, 0, x), "i32");
  return where(x > -Infinity, bits ^ ((bits >> 31) & LAST), NONE);
}

function numberOf(rank: Tile) {
  return where(rank > NONE, bitcast(rank ^ ((rank >> 31) & LAST), "f32"), -Infinity);
}

/** How near a number must be to the K-th largest to be looked at beyond the K, relative to it: what sums in f32 may be off. */
const NEAR = 0.0000152587890625;

/** What a number must be at the least to be looked at, where the K-th largest is `last`. */
export const worthFrom = (last: number) => where(last < Infinity, last - where(last < 0, -last, last) * NEAR, last);

/**
 * The largest of x [N], f32 without NaN, largest first, and their indices; of equal ones the lower index first. K of them, and those further ones
 * that are nearly as large as the K-th, COUNT at the most. −∞ is never taken: where there are too few others, values are −∞ and indices −1.
 */
export function takeBest(x: Tile, index: Tile, COUNT: number, K: number): [Tile, Tile] {
  const slot = arange(0, COUNT);
  let left = rankOf(x);
  let ranks = full([COUNT], NONE, "i32");
  let indices = full([COUNT], -1, "i32");
  let place = 0;
  let best = max(left, 0);
  let least = NONE + 1;
  while (place < COUNT && best >= least) {
    const at = min(where(left === best, index, LAST), 0);
    ranks = where(slot === place, best, ranks);
    indices = where(slot === place, at, indices);
    left = where(index === at, NONE, left);
    place += 1;
    least = where(place === K, maximum(rankOf(worthFrom(numberOf(best))), NONE + 1), least);
    best = max(left, 0);
  }
  return [numberOf(ranks), indices];
}

/** Where each of x [N] stands among them, the largest first, of equal ones that of the lower `tie` [N]. */
export function placeAmong(x: Tile, tie: Tile) {
  const before = row(x) > col(x) || (row(x) === col(x) && row(tie) < col(tie));
  return sum(to(before, "i32"), 1);
}

/** The K-th largest of x [M]. */
export const largest = (x: Tile, K: number, M: number) => sum(where(placeAmong(x, arange(0, M)) === K - 1, x, 0), 0);

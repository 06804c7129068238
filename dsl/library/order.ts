import type { DType } from "../dtypes.js";
import { maximum, minimum } from "../ops/arithmetic.js";
import { associativeScan } from "../ops/combine.js";
import { argsort } from "../ops/reduce.js";
import { gather } from "../ops/shape.js";
import type { Forgotten, Shape, Tile } from "../types.js";

/**
 * Sorts along the last axis, ascending: `[values, places]`, where each element came from. Equal ones keep their order; NaN is greater than all
 * numbers. Triton: `tl.sort` with the places below the numbers.
 *
 * @example const [ranked, from] = sortWithIndex(scores, -1, true); // the greatest first
 */
export function sortWithIndex<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: number = -1,
  descending: boolean = false,
): [Tile<S, D>, Tile<S, "i32">] {
  const from = argsort(x, axis, { descending });
  return [gather(x, from, axis), from];
}

/**
 * The largest element so far along an axis; from its end, with `reverse`. NaN never wins. Triton: `tl.associative_scan`.
 *
 * @example const peaks = cummax(prices, 0);
 */
export function cummax<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: number,
  reverse: boolean = false,
): Tile<S, D> {
  return associativeScan(x, axis, maximum, { reverse });
}

/**
 * The smallest element so far along an axis; from its end, with `reverse`. NaN never wins. Triton: `tl.associative_scan`.
 *
 * @example const floors = cummin(prices, 0);
 */
export function cummin<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: number,
  reverse: boolean = false,
): Tile<S, D> {
  return associativeScan(x, axis, minimum, { reverse });
}

import type { DType } from "../dtypes.js";
import { to } from "../ops/convert.js";
import { exp } from "../ops/math.js";
import { max, sum } from "../ops/reduce.js";
import type { Forgotten, Shape, Tile } from "../types.js";

/**
 * e^x divided by its sum along an axis, the first unless another is named: parts of 1, and the same shape. What is less than f32 is computed and
 * returned in f32. Of a line of −∞ alone, and of one with NaN or +∞ in it, all parts are NaN. Triton: `tl.softmax`, with `keep_dims=True`.
 *
 * @example const p = softmax(scores, 1); // each row of [M, N] sums to 1
 */
export function softmax<S extends Shape = Forgotten>(x: Tile<S, DType>, axis: number = 0): Tile<S> {
  // Of at least f32, the type of the −0 that leaves every number what it is.
  const wide = x + to(-0.0, "f32");
  const e = exp(wide - max(wide, axis, { keepDims: true }));
  return e / sum(e, axis, { keepDims: true });
}

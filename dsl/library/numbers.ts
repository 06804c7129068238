import type { FloatType } from "../dtypes.js";
import { floorDiv, minimum, mod } from "../ops/arithmetic.js";
import { bitcast, to } from "../ops/convert.js";
import { abs } from "../ops/math.js";
import type { Forgotten, Mask, Shape, Tile } from "../types.js";

/**
 * True where x is NaN. Triton: `libdevice.isnan`.
 *
 * @example const clean = where(isnan(x), 0, x);
 */
export function isnan<S extends Shape = Forgotten>(x: Tile<S, FloatType>): Mask<S> {
  return !(abs(x) >= 0.0);
}

/**
 * True where x is ∞ or −∞. Triton: `libdevice.isinf`.
 *
 * @example const overflowed = any(isinf(x));
 */
export function isinf<S extends Shape = Forgotten>(x: Tile<S, FloatType>): Mask<S> {
  return abs(x) === Infinity;
}

/**
 * True where x is neither infinite nor NaN. Triton: `libdevice.isfinited`.
 *
 * @example const kept = where(isfinite(gradient), gradient, 0);
 */
export function isfinite<S extends Shape = Forgotten>(x: Tile<S, FloatType>): Mask<S> {
  return abs(x) < Infinity;
}

/**
 * The f64 of two words, each an i32. Triton: `libdevice.hiloint2double`.
 *
 * @example const x = hiloint2double(upper, lower);
 */
export function hiloint2double<S extends Shape = Forgotten>(high: Tile<S, "i32">, low: Tile<S, "i32">): Tile<S, "f64"> {
  return bitcast((to(high, "i64") << 32) | to(bitcast(low, "u32"), "i64"), "f64");
}

/**
 * The upper word of an f64: its sign, its exponent and 20 of its digits. Triton: `libdevice.double2hiint`.
 *
 * @example const upper = double2hiint(to(x, "f64"));
 */
export function double2hiint<S extends Shape = Forgotten>(x: Tile<S, "f64">): Tile<S, "i32"> {
  return to(bitcast(x, "i64") >> 32, "i32");
}

/**
 * The lower word of an f64: the last 32 of its digits. Triton: `libdevice.double2loint`.
 *
 * @example const lower = double2loint(to(x, "f64"));
 */
export function double2loint<S extends Shape = Forgotten>(x: Tile<S, "f64">): Tile<S, "i32"> {
  return to(bitcast(x, "i64"), "i32");
}

/**
 * Where the program `i, j` of a grid of `sizeI` rows and `sizeJ` columns works when each `sizeG` rows are done column by column, so that programs
 * that run at once share what they read. Triton: `tl.swizzle2d`.
 *
 * @example const [m, n] = swizzle2d(programId(0), programId(1), numPrograms(0), numPrograms(1), 8);
 */
export function swizzle2d<S extends Shape = Forgotten>(
  i: Tile<S>,
  j: Tile<S>,
  sizeI: number,
  sizeJ: number,
  sizeG: number,
): [Tile<S>, Tile<S>] {
  const place = i * sizeJ + j;
  const first = floorDiv(place, sizeG * sizeJ) * sizeG;
  // The last group may have fewer rows.
  const rows = minimum(sizeI - first, sizeG);
  const inGroup = mod(place, sizeG * sizeJ);
  return [first + mod(inGroup, rows), floorDiv(inGroup, rows)];
}

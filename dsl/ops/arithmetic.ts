import { outsideKernel } from "../outside.js";

/**
 * Integer quotient, rounded toward zero, in constants as in programs. Triton: `//`.
 *
 * @example const head = floorDiv(programId(0), SPLITS);
 */
export function floorDiv(a: number, b: number): number {
  return outsideKernel("floorDiv", a, b);
}

/**
 * Integer quotient rounded up, whatever the signs: the number of blocks of `b` that cover `a`. Triton: `tl.cdiv`, where `a` is not negative.
 *
 * @example for (const block of range(cdiv(n, BLOCK))) { … }
 */
export function cdiv(a: number, b: number): number {
  return outsideKernel("cdiv", a, b);
}

/**
 * Integer remainder with the sign of `a`, as in C; the same as `a % b`.
 *
 * @example const split = mod(programId(0), SPLITS);
 */
export function mod(a: number, b: number): number {
  return outsideKernel("mod", a, b);
}

/**
 * The upper half of the product, of i32, u32, i64 or u64: their bits are multiplied as unsigned integers to twice the width. Triton: `tl.umulhi`.
 *
 * @example const draw = umulhi(bits, limit); // of random u32: one of 0 … limit − 1
 */
export function umulhi(a: number, b: number): number {
  return outsideKernel("umulhi", a, b);
}

/** What becomes of NaN. */
export interface NanOptions {
  /** True: NaN if either operand is NaN. Default: the operand that is a number. */
  readonly propagateNan?: boolean;
}

/**
 * The smaller of two values, element by element. Triton: `tl.minimum`.
 *
 * @example const end = minimum(start + BLOCK, n);
 */
export function minimum(a: number, b: number, options?: NanOptions): number {
  return outsideKernel("minimum", a, b, options);
}

/**
 * The larger of two values, element by element. Triton: `tl.maximum`.
 *
 * @example const newTop = maximum(top, max(scores, 1));
 */
export function maximum(a: number, b: number, options?: NanOptions): number {
  return outsideKernel("maximum", a, b, options);
}

/**
 * `a * b + c` with one rounding, for floats. Triton: `tl.fma`.
 *
 * @example const y = fma(x, scale, shift);
 */
export function fma(a: number, b: number, c: number): number {
  return outsideKernel("fma", a, b, c);
}

/**
 * `x` kept between `low` and `high`; NaN becomes `low`, unless it is to stay. Triton: `tl.clamp`.
 *
 * @example const q = clamp(x / step, -127, 127);
 */
export function clamp(x: number, low: number, high: number, options?: NanOptions): number {
  return outsideKernel("clamp", x, low, high, options);
}

import type { FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// Functions of floats that CUDA's libdevice has, and Triton no name of its own for. f16 and bf16 are computed in f32 and rounded back.

/**
 * Arc cosine, in radians from 0 to π; NaN outside of −1 to 1. Triton: `libdevice.acos`.
 *
 * @example const angle = acos(clamp(dotted, -1, 1));
 */
export function acos<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("acos", x);
}

/**
 * Inverse hyperbolic cosine; NaN below 1. Triton: `libdevice.acosh`.
 *
 * @example const d = acosh(1 + 2 * gap);
 */
export function acosh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("acosh", x);
}

/**
 * Arc sine, in radians from −π/2 to π/2; NaN outside of −1 to 1. Triton: `libdevice.asin`.
 *
 * @example store(out + at, asin(load(x + at, { mask })), { mask });
 */
export function asin<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("asin", x);
}

/**
 * Inverse hyperbolic sine. Triton: `libdevice.asinh`.
 *
 * @example const squashed = asinh(x);
 */
export function asinh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("asinh", x);
}

/**
 * Arc tangent, in radians from −π/2 to π/2. Triton: `libdevice.atan`.
 *
 * @example const slope = atan(dy / dx);
 */
export function atan<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("atan", x);
}

/**
 * Inverse hyperbolic tangent; NaN outside of −1 to 1. Triton: `libdevice.atanh`.
 *
 * @example const y = atanh(x * 0.999);
 */
export function atanh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("atanh", x);
}

/**
 * Cube root, of negative numbers too. Triton: `libdevice.cbrt`.
 *
 * @example const side = cbrt(volume);
 */
export function cbrt<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cbrt", x);
}

/**
 * Hyperbolic cosine. Triton: `libdevice.cosh`.
 *
 * @example const y = log(cosh(x));
 */
export function cosh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cosh", x);
}

/**
 * 1 − erf(x), which keeps its digits where that is small. Triton: `libdevice.erfc`.
 *
 * @example const p = 0.5 * erfc(z * 0.7071067812);
 */
export function erfc<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("erfc", x);
}

/**
 * 10 to the power of x. Triton: `libdevice.exp10`.
 *
 * @example const gain = exp10(decibel * 0.05);
 */
export function exp10<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("exp10", x);
}

/**
 * e to the power of x, less 1, which keeps its digits where x is small. Triton: `libdevice.expm1`.
 *
 * @example const elu = where(x > 0, x, expm1(x));
 */
export function expm1<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("expm1", x);
}

/**
 * Logarithm to base 10. Triton: `libdevice.log10`.
 *
 * @example const decibel = 20 * log10(gain);
 */
export function log10<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("log10", x);
}

/**
 * Natural logarithm of 1 + x, which keeps its digits where x is small. Triton: `libdevice.log1p`.
 *
 * @example const softplus = maximum(x, 0) + log1p(exp(-abs(x)));
 */
export function log1p<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("log1p", x);
}

/**
 * The nearest whole number, as a float; of two equally near the even one. Triton: `libdevice.rint`.
 *
 * @example const q = rint(x / scale);
 */
export function rint<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rint", x);
}

/**
 * The nearest whole number, as a float; of two equally near the one farther from zero. Triton: `libdevice.round`.
 *
 * @example const q = round(x / scale);
 */
export function round<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("round", x);
}

/**
 * Hyperbolic sine. Triton: `libdevice.sinh`.
 *
 * @example const y = sinh(x);
 */
export function sinh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sinh", x);
}

/**
 * Tangent of radians. Triton: `libdevice.tan`.
 *
 * @example const y = tan(angle);
 */
export function tan<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("tan", x);
}

/**
 * x without what is behind the point, as a float. Triton: `libdevice.trunc`.
 *
 * @example const whole = trunc(x);
 */
export function trunc<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("trunc", x);
}

/**
 * Arc tangent of a / b, in radians from −π to π: the angle of the point (b, a). Triton: `libdevice.atan2`.
 *
 * @example const angle = atan2(y, x);
 */
export function atan2(a: number, b: number): number {
  return outsideKernel("atan2", a, b);
}

/**
 * The size of a with the sign of b. Triton: `libdevice.copysign`.
 *
 * @example const clipped = copysign(minimum(abs(x), 1), x);
 */
export function copysign(a: number, b: number): number {
  return outsideKernel("copysign", a, b);
}

/**
 * The remainder of a / b rounded toward zero: it has the sign of a. Triton: `libdevice.fmod`.
 *
 * @example const phase = fmod(t, 6.283185307);
 */
export function fmod(a: number, b: number): number {
  return outsideKernel("fmod", a, b);
}

/**
 * √(a² + b²), which does not overflow before the root. Triton: `libdevice.hypot`.
 *
 * @example const size = hypot(re, im);
 */
export function hypot(a: number, b: number): number {
  return outsideKernel("hypot", a, b);
}

/**
 * a to the power of b; NaN where a is negative and b not whole. Triton: `libdevice.pow`.
 *
 * @example const y = pow(x, 2.2);
 */
export function pow(a: number, b: number): number {
  return outsideKernel("pow", a, b);
}

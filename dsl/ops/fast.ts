import type { FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// What GPUs approximate in one or two instructions, of f32, and of f16 and bf16 in f32. How far off they are is what NVIDIA gives in its CUDA C++
// Programming Guide ("Intrinsic Functions"); subnormal numbers count as 0. The CPU executor computes the function itself.

/**
 * Sine, fast: right to 2^-21.41 from −π to π, and less beyond. Triton: `libdevice.fast_sinf`.
 *
 * @example const wave = fastSin(angle);
 */
export function fastSin<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastSin", x);
}

/**
 * Cosine, fast: right to 2^-21.19 from −π to π, and less beyond. Triton: `libdevice.fast_cosf`.
 *
 * @example const wave = fastCos(angle);
 */
export function fastCos<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastCos", x);
}

/**
 * Tangent, fast: right as the quotient of `fastSin` and `fastCos`. Triton: `libdevice.fast_tanf`.
 *
 * @example const slope = fastTan(angle);
 */
export function fastTan<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastTan", x);
}

/**
 * e^x, fast: right to `2 + 1.173 |x|` units in the last place. Triton: `libdevice.fast_expf`.
 *
 * @example const weight = fastExp(-x);
 */
export function fastExp<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastExp", x);
}

/**
 * 10 to the power of x, fast: right to `2 + 2.97 |x|` units in the last place. Triton: `libdevice.fast_exp10f`.
 *
 * @example const gain = fastExp10(decibel * 0.05);
 */
export function fastExp10<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastExp10", x);
}

/**
 * Natural logarithm, fast: right to 2^-21.41 from 0.5 to 2, and to 3 units in the last place elsewhere. Triton: `libdevice.fast_logf`.
 *
 * @example const entropy = -p * fastLog(p);
 */
export function fastLog<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastLog", x);
}

/**
 * Logarithm to base 2, fast: right to 2^-22 from 0.5 to 2, and to 2 units in the last place elsewhere. Triton: `libdevice.fast_log2f`.
 *
 * @example const octave = fastLog2(x);
 */
export function fastLog2<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastLog2", x);
}

/**
 * Logarithm to base 10, fast: right to 2^-24 from 0.5 to 2, and to 3 units in the last place elsewhere. Triton: `libdevice.fast_log10f`.
 *
 * @example const decibel = 20 * fastLog10(x);
 */
export function fastLog10<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("fastLog10", x);
}

/**
 * a to the power of b, fast: `exp2(b * log2(a))`, so that it is NaN where a is negative. Triton: `libdevice.fast_powf`.
 *
 * @example const y = fastPow(x, 2.2);
 */
export function fastPow(a: number, b: number): number {
  return outsideKernel("fastPow", a, b);
}

/**
 * a / b, fast: right to 2 units in the last place where 2^-126 ≤ |b| ≤ 2^126; 0 on GPUs where b is larger. Triton: `libdevice.fast_dividef`.
 *
 * @example const share = fastDivide(x, total);
 */
export function fastDivide(a: number, b: number): number {
  return outsideKernel("fastDivide", a, b);
}

/**
 * 1 / x of f64, to 20 digits of the base 2: where Newton's steps begin. Triton: `libdevice.rcp64h`.
 *
 * @example const near = rcp64h(to(x, "f64"));
 */
export function rcp64h<S extends Shape = Forgotten>(x: Tile<S, "f64">): Tile<S, "f64"> {
  return outsideKernel("rcp64h", x);
}

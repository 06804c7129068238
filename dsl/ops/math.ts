import type { DType, FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// Elementwise functions of floats: the shape and dtype of the operand. f16 and bf16 are computed in f32 and rounded back.

/**
 * e to the power of x, element by element. Triton: `tl.exp`.
 *
 * @example const weights = exp(x - max(x, 0));
 */
export function exp<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("exp", x);
}

/**
 * 2 to the power of x. Triton: `tl.exp2`.
 *
 * @example const weights = exp2((x - top) * LOG2E);
 */
export function exp2<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("exp2", x);
}

/**
 * Natural logarithm. Triton: `tl.log`.
 *
 * @example const entropy = -log(p) * p;
 */
export function log<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("log", x);
}

/**
 * Logarithm to base 2. Triton: `tl.log2`.
 *
 * @example const exponent = floor(log2(x));
 */
export function log2<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("log2", x);
}

/**
 * Square root. Triton: `tl.sqrt`.
 *
 * @example const norm = sqrt(sum(x * x, 0));
 */
export function sqrt<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sqrt", x);
}

/**
 * One over the square root. Triton: `tl.rsqrt`.
 *
 * @example const y = x * rsqrt(sum(x * x, 0) / n + 1e-5);
 */
export function rsqrt<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rsqrt", x);
}

/**
 * Sine of x in radians. Triton: `tl.sin`.
 *
 * @example const rotated = first * cos(angle) - second * sin(angle);
 */
export function sin<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sin", x);
}

/**
 * Cosine of x in radians. Triton: `tl.cos`.
 *
 * @example const rotated = second * cos(angle) + first * sin(angle);
 */
export function cos<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cos", x);
}

/**
 * `1 / (1 + exp(-x))`. Triton: `tl.sigmoid`.
 *
 * @example const gated = x * sigmoid(x) * up;
 */
export function sigmoid<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sigmoid", x);
}

/**
 * The largest whole number not above x, as a float. Triton: `tl.floor`.
 *
 * @example const whole = floor(x);
 */
export function floor<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("floor", x);
}

/**
 * The smallest whole number not below x, as a float. Triton: `tl.ceil`.
 *
 * @example const blocks = ceil(x);
 */
export function ceil<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("ceil", x);
}

/**
 * Square root with the rounding of IEEE 754: of f32, GPUs approximate `sqrt`. Triton: `tl.sqrt_rn`.
 *
 * @example const size = sqrtRn(sum(x * x));
 */
export function sqrtRn<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sqrtRn", x);
}

/**
 * Quotient of floats with the rounding of IEEE 754: of f32, GPUs approximate `/`. Triton: `tl.div_rn`.
 *
 * @example const q = divRn(x, scale);
 */
export function divRn(a: number, b: number): number {
  return outsideKernel("divRn", a, b);
}

/**
 * Hyperbolic tangent. Triton: `libdevice.tanh`.
 *
 * @example const y = 0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
 */
export function tanh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("tanh", x);
}

/**
 * Error function. Triton: `tl.erf`.
 *
 * @example const y = 0.5 * x * (1 + erf(x * 0.7071067812));
 */
export function erf<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("erf", x);
}

/**
 * Absolute value, of floats and of integers. Triton: `tl.abs`.
 *
 * @example const largest = max(abs(x), 0);
 */
export function abs<S extends Shape = Forgotten, D extends DType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("abs", x);
}

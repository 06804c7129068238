import type { DType, FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// Elementwise functions of floats: the shape and dtype of the operand. f16 and bf16 are computed in f32 and rounded back.

/** e to the power of x, element by element. Triton: `tl.exp`. */
export function exp<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("exp", x);
}

/** 2 to the power of x. Triton: `tl.exp2`. */
export function exp2<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("exp2", x);
}

/** Natural logarithm. Triton: `tl.log`. */
export function log<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("log", x);
}

/** Logarithm to base 2. Triton: `tl.log2`. */
export function log2<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("log2", x);
}

/** Square root. Triton: `tl.sqrt`. */
export function sqrt<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sqrt", x);
}

/** One over the square root. Triton: `tl.rsqrt`. */
export function rsqrt<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rsqrt", x);
}

/** Sine of x in radians. Triton: `tl.sin`. */
export function sin<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sin", x);
}

/** Cosine of x in radians. Triton: `tl.cos`. */
export function cos<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("cos", x);
}

/** `1 / (1 + exp(-x))`. Triton: `tl.sigmoid`. */
export function sigmoid<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sigmoid", x);
}

/** The largest whole number not above x, as a float. Triton: `tl.floor`. */
export function floor<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("floor", x);
}

/** The smallest whole number not below x, as a float. Triton: `tl.ceil`. */
export function ceil<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("ceil", x);
}

/** Hyperbolic tangent. Triton: `libdevice.tanh`. */
export function tanh<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("tanh", x);
}

/** Error function. Triton: `tl.erf`. */
export function erf<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("erf", x);
}

/** Absolute value, of floats and of integers. Triton: `tl.abs`. */
export function abs<S extends Shape = Forgotten, D extends DType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("abs", x);
}

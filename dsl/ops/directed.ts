import type { FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// Arithmetic that rounds in one direction, as interval arithmetic needs it: bit for bit the same on GPUs and on the CPU executor. f16 and bf16 are refused:
// they would be rounded once more.

/**
 * Sum of f32 or f64, rounded down. Triton: `libdevice.add_rd`.
 *
 * @example const below = addRd(low, step);
 */
export function addRd(a: number, b: number): number {
  return outsideKernel("addRd", a, b);
}

/**
 * Sum of f32 or f64, rounded up. Triton: `libdevice.add_ru`.
 *
 * @example const above = addRu(low, step);
 */
export function addRu(a: number, b: number): number {
  return outsideKernel("addRu", a, b);
}

/**
 * Sum of f32 or f64, rounded to zero. Triton: `libdevice.add_rz`.
 *
 * @example const nearer = addRz(low, step);
 */
export function addRz(a: number, b: number): number {
  return outsideKernel("addRz", a, b);
}

/**
 * Product of f32 or f64, rounded down. Triton: `libdevice.mul_rd`.
 *
 * @example const below = mulRd(low, scale);
 */
export function mulRd(a: number, b: number): number {
  return outsideKernel("mulRd", a, b);
}

/**
 * Product of f32 or f64, rounded up. Triton: `libdevice.mul_ru`.
 *
 * @example const above = mulRu(low, scale);
 */
export function mulRu(a: number, b: number): number {
  return outsideKernel("mulRu", a, b);
}

/**
 * Product of f32 or f64, rounded to zero. Triton: `libdevice.mul_rz`.
 *
 * @example const nearer = mulRz(low, scale);
 */
export function mulRz(a: number, b: number): number {
  return outsideKernel("mulRz", a, b);
}

/**
 * Quotient of f32 or f64, rounded down. Triton: `libdevice.div_rd`.
 *
 * @example const below = divRd(low, width);
 */
export function divRd(a: number, b: number): number {
  return outsideKernel("divRd", a, b);
}

/**
 * Quotient of f32 or f64, rounded up. Triton: `libdevice.div_ru`.
 *
 * @example const above = divRu(low, width);
 */
export function divRu(a: number, b: number): number {
  return outsideKernel("divRu", a, b);
}

/**
 * Quotient of f32 or f64, rounded to zero. Triton: `libdevice.div_rz`.
 *
 * @example const nearer = divRz(low, width);
 */
export function divRz(a: number, b: number): number {
  return outsideKernel("divRz", a, b);
}

/**
 * a · b + c of f32 or f64, rounded down. Triton: `libdevice.fma_rd`.
 *
 * @example const below = fmaRd(low, scale, offset);
 */
export function fmaRd(a: number, b: number, c: number): number {
  return outsideKernel("fmaRd", a, b, c);
}

/**
 * a · b + c of f32 or f64, rounded up. Triton: `libdevice.fma_ru`.
 *
 * @example const above = fmaRu(low, scale, offset);
 */
export function fmaRu(a: number, b: number, c: number): number {
  return outsideKernel("fmaRu", a, b, c);
}

/**
 * a · b + c of f32 or f64, rounded to zero. Triton: `libdevice.fma_rz`.
 *
 * @example const nearer = fmaRz(low, scale, offset);
 */
export function fmaRz(a: number, b: number, c: number): number {
  return outsideKernel("fmaRz", a, b, c);
}

/**
 * Square root of f32 or f64, rounded down. Triton: `libdevice.sqrt_rd`.
 *
 * @example const below = sqrtRd(squares);
 */
export function sqrtRd<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sqrtRd", x);
}

/**
 * Square root of f32 or f64, rounded up. Triton: `libdevice.sqrt_ru`.
 *
 * @example const above = sqrtRu(squares);
 */
export function sqrtRu<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sqrtRu", x);
}

/**
 * Square root of f32 or f64, rounded to zero. Triton: `libdevice.sqrt_rz`.
 *
 * @example const nearer = sqrtRz(squares);
 */
export function sqrtRz<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("sqrtRz", x);
}

/**
 * The f32 or f64 next to a on the way to b: b where they are equal. Triton: `libdevice.nextafter`.
 *
 * @example const more = nextafter(bound, Infinity);
 */
export function nextafter(a: number, b: number): number {
  return outsideKernel("nextafter", a, b);
}

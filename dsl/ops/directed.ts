import type { FloatType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Shape, Tile } from "../types.js";

// Arithmetic that rounds in one direction, as interval arithmetic needs it, or to the nearest by itself: bit for bit the same on GPUs and on the CPU
// executor, subnormal numbers too. f16 and bf16 are refused: they would be rounded once more.

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
 * Sum of f32 or f64, rounded to the nearest, where `a * b + c` may be rounded once. Triton: `libdevice.add_rn`.
 *
 * @example const rest = addRn(whole, -part);
 */
export function addRn(a: number, b: number): number {
  return outsideKernel("addRn", a, b);
}

/**
 * Difference of f32 or f64, rounded down. Triton: `libdevice.sub_rd`.
 *
 * @example const below = subRd(low, step);
 */
export function subRd(a: number, b: number): number {
  return outsideKernel("subRd", a, b);
}

/**
 * Difference of f32 or f64, rounded up. Triton: `libdevice.sub_ru`.
 *
 * @example const above = subRu(low, step);
 */
export function subRu(a: number, b: number): number {
  return outsideKernel("subRu", a, b);
}

/**
 * Difference of f32 or f64, rounded to zero. Triton: `libdevice.sub_rz`.
 *
 * @example const nearer = subRz(low, step);
 */
export function subRz(a: number, b: number): number {
  return outsideKernel("subRz", a, b);
}

/**
 * Difference of f32 or f64, rounded to the nearest, where `a * b - c` may be rounded once. Triton: `libdevice.sub_rn`.
 *
 * @example const lost = subRn(b, subRn(both, a));
 */
export function subRn(a: number, b: number): number {
  return outsideKernel("subRn", a, b);
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
 * Product of f32 or f64, rounded to the nearest, where `a * b + c` may be rounded once. Triton: `libdevice.mul_rn`.
 *
 * @example const product = mulRn(x, y);
 */
export function mulRn(a: number, b: number): number {
  return outsideKernel("mulRn", a, b);
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
 * 1 / x of f32 or f64, rounded down. Triton: `libdevice.rcp_rd`.
 *
 * @example const below = rcpRd(high);
 */
export function rcpRd<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rcpRd", x);
}

/**
 * 1 / x of f32 or f64, rounded up. Triton: `libdevice.rcp_ru`.
 *
 * @example const above = rcpRu(low);
 */
export function rcpRu<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rcpRu", x);
}

/**
 * 1 / x of f32 or f64, rounded to zero. Triton: `libdevice.rcp_rz`.
 *
 * @example const nearer = rcpRz(x);
 */
export function rcpRz<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rcpRz", x);
}

/**
 * 1 / x of f32 or f64, rounded to the nearest. Triton: `libdevice.rcp_rn`.
 *
 * @example const inverse = rcpRn(x);
 */
export function rcpRn<S extends Shape = Forgotten, D extends FloatType = Forgotten>(x: Tile<S, D>): Tile<S, D> {
  return outsideKernel("rcpRn", x);
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
 * 1 / √x of f32, rounded to the nearest: `rsqrt` is approximate. Triton: `libdevice.rsqrt_rn`.
 *
 * @example const unit = x * rsqrtRn(squares);
 */
export function rsqrtRn<S extends Shape = Forgotten>(x: Tile<S, "f32">): Tile<S, "f32"> {
  return outsideKernel("rsqrtRn", x);
}

/**
 * The f32 or f64 next to a on the way to b: b where they are equal. Triton: `libdevice.nextafter`.
 *
 * @example const more = nextafter(bound, Infinity);
 */
export function nextafter(a: number, b: number): number {
  return outsideKernel("nextafter", a, b);
}

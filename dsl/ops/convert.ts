import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Descriptor, Forgotten, Mask, Ptr, Shape, Tile } from "../types.js";

export interface ConvertOptions {
  /** Of a float to a narrower one: to the nearest, ties to even (the default), or toward zero, from f32 to f16, bf16 and f8e5m2. */
  readonly rounding?: "rtne" | "rtz";
}

/**
 * Converts to another dtype: float to integer truncates (a number that the integer cannot hold gives an undefined one), a float to a narrower one
 * rounds to the nearest, ties to even. f8e4m3 (Triton's float8e4nv) and f8e5m2 (float8e5) take their greatest number for all that are greater,
 * infinity too, and are converted from and to f16, bf16 and f32 only; they need sm_89.
 * Triton: `x.to(dtype, fp_downcast_rounding=…)`.
 *
 * @example dot(to(p, "bf16"), v)
 */
export function to<D extends Exclude<DType, "bool">, S extends Shape = Forgotten>(
  x: Tile<S> | Mask<S> | bigint,
  dtype: D,
  options?: ConvertOptions,
): Tile<S, D>;
export function to<S extends Shape = Forgotten>(x: Tile<S> | Mask<S>, dtype: "bool"): Mask<S>;
export function to(x: number | boolean | bigint, dtype: DType, options?: ConvertOptions): never {
  return outsideKernel("to", x, dtype, options);
}

/**
 * The same bits read as another dtype of the same width. Triton: `x.to(dtype, bitcast=True)`.
 *
 * @example const bits = bitcast(x, "u32");
 */
export function bitcast<D extends DType, S extends Shape = Forgotten>(x: Tile<S>, dtype: D): Tile<S, D> {
  return outsideKernel("bitcast", x, dtype);
}

/**
 * The dtype of what a pointer or descriptor points to, for kernels generic over dtype and for functions that write to any memory. Known when the
 * kernel is built.
 *
 * @example let acc = zeros([BLOCK], dtypeOf(x));
 */
export function dtypeOf<D extends DType>(ptr: Ptr<D> | Descriptor<D>): D {
  return outsideKernel("dtypeOf", ptr);
}

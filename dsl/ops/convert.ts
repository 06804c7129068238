import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Descriptor, Forgotten, Mask, Ptr, Shape, Tile } from "../types.js";

/**
 * Converts to another dtype: float to integer truncates (a number that the integer cannot hold gives an undefined one), f32 to f16 and bf16 rounds to the nearest, ties to even.
 * Triton: `x.to(dtype)`.
 *
 * @example dot(to(p, "bf16"), v)
 */
export function to<D extends Exclude<DType, "bool">, S extends Shape = Forgotten>(
  x: Tile<S> | Mask<S> | bigint,
  dtype: D,
): Tile<S, D>;
export function to<S extends Shape = Forgotten>(x: Tile<S> | Mask<S>, dtype: "bool"): Mask<S>;
export function to(x: number | boolean | bigint, dtype: DType): never {
  return outsideKernel("to", x, dtype);
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

import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Descriptor, Forgotten, Mask, Pointer, Ptr, Shape, Tile } from "../types.js";

/** How `to` rounds. */
export interface ConvertOptions {
  /**
   * To the nearest, ties to even, toward zero, down or up. From floats to integers of 32 and 64 bits: what these do not hold gives their greatest or
   * least. From these integers to f32 and f64, and from f64 to f32. From f32 to f16, bf16 and f8e5m2 to the nearest and toward zero. Without it floats
   * are rounded to the nearest, and integers cut. Triton: `libdevice.float2int_ru` and its kin.
   */
  readonly rounding?: "rtne" | "rtz" | "down" | "up";
}

/**
 * Converts to another dtype: float to integer truncates (a number that the integer cannot hold gives an undefined one), a float to a narrower one
 * rounds to the nearest, ties to even. f8e4m3 (Triton's float8e4nv) and f8e5m2 (float8e5) take their greatest number for all that are greater,
 * infinity too, and are converted from and to f16, bf16 and f32 only; they need sm_89.
 * Triton: `x.to(dtype, fp_downcast_rounding=…)`.
 *
 * @example const out = dot(to(p, "bf16"), v);
 * @example const turns = to(angle / 6.283185307, "i32", { rounding: "down" });
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

/**
 * The memory at an address of 64 bits, as memory of a dtype: for tables of pointers, into which the program that launches has put `buffer.address`.
 * On the CPU executor it reaches from there to the end of the buffer that it lies in, which must be alive at the launch. Nothing is known of its
 * alignment: `multipleOf(pointer + offsets, 16)` says it. Triton: `x.to(tl.pointer_type(dtype))`.
 *
 * @example const a = toPointer(load(table + programId(0)), "f16");
 */
export function toPointer<D extends DType, S extends Shape = Forgotten>(
  address: Tile<S, "i64"> | Tile<S, "u64">,
  dtype: D,
): Pointer<S, D> {
  return outsideKernel("toPointer", address, dtype);
}

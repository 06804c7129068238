import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Mask, Shape, Tile } from "../types.js";

/**
 * A tile of zeros. Triton: `tl.zeros`.
 *
 * @example let acc = zeros([BM, BN], "f32");
 */
export function zeros<const S extends number[], D extends Exclude<DType, "bool">>(
  shape: readonly [...S],
  dtype: D,
): Tile<S, D>;
export function zeros<const S extends number[]>(shape: readonly [...S], dtype: "bool"): Mask<S>;
export function zeros(shape: Shape, dtype: DType): never {
  return outsideKernel("zeros", shape, dtype);
}

/**
 * A tile that holds one value everywhere. Triton: `tl.full`.
 *
 * @example let best = full([BM], -Infinity, "f32");
 */
export function full<const S extends number[], D extends Exclude<DType, "bool">>(
  shape: readonly [...S],
  value: number | boolean | bigint,
  dtype: D,
): Tile<S, D>;
export function full<const S extends number[]>(shape: readonly [...S], value: boolean, dtype: "bool"): Mask<S>;
export function full(shape: Shape, value: number | boolean | bigint, dtype: DType): never {
  return outsideKernel("full", shape, value, dtype);
}

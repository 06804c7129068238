import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Descriptor, Forgotten, Pointer, Shape, Tile } from "../types.js";

/**
 * Reads the block of a tensor at the offsets; elements outside the tensor are zero (or NaN). Triton: `desc.load`.
 *
 * @example const x = loadTensorDescriptor(a, [programId(0) * BM, k]);
 */
export function loadTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
): Tile<Block, D> {
  return outsideKernel("loadTensorDescriptor", desc, offsets);
}

/**
 * Writes a block of a tensor at the offsets; elements outside the tensor are dropped. Triton: `desc.store`.
 *
 * @example storeTensorDescriptor(c, [programId(0) * BM, programId(1) * BN], to(acc, "bf16"));
 */
export function storeTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("storeTensorDescriptor", desc, offsets, value);
}

/**
 * Adds a block to a tensor at the offsets, each element in one step; elements outside the tensor are dropped. The hardware adds blocks on its way
 * to memory (from sm_90 on), so that nothing is loaded. Of i32, u32, u64, f32, f16 and bf16. Triton: `desc.atomic_add`.
 *
 * @example atomicAddTensorDescriptor(residual, [programId(0) * BM, programId(1) * BN], acc);
 */
export function atomicAddTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("atomicAddTensorDescriptor", desc, offsets, value);
}

/**
 * The lesser of each element of a block and of the tensor at the offsets, each in one step, as atomicAddTensorDescriptor adds. Of i32, u32, i64 and u64.
 * Triton: `desc.atomic_min`.
 *
 * @example atomicMinTensorDescriptor(d, [programId(0) * BM, 0], least);
 */
export function atomicMinTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("atomicMinTensorDescriptor", desc, offsets, value);
}

/**
 * The greater of each element of a block and of the tensor at the offsets, each in one step, as atomicAddTensorDescriptor adds. Of i32, u32, i64 and u64.
 * Triton: `desc.atomic_max`.
 *
 * @example atomicMaxTensorDescriptor(d, [programId(0) * BM, 0], most);
 */
export function atomicMaxTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("atomicMaxTensorDescriptor", desc, offsets, value);
}

/**
 * The bits that each element of a block and of the tensor at the offsets have both, each in one step, as atomicAddTensorDescriptor adds. Of i32, u32 and u64.
 * Triton: `desc.atomic_and`.
 *
 * @example atomicAndTensorDescriptor(d, [programId(0) * BM, 0], bits);
 */
export function atomicAndTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("atomicAndTensorDescriptor", desc, offsets, value);
}

/**
 * The bits that an element of a block or of the tensor at the offsets has, each in one step, as atomicAddTensorDescriptor adds. Of i32, u32 and u64.
 * Triton: `desc.atomic_or`.
 *
 * @example atomicOrTensorDescriptor(d, [programId(0) * BM, 0], bits);
 */
export function atomicOrTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("atomicOrTensorDescriptor", desc, offsets, value);
}

/**
 * The bits in which each element of a block and of the tensor at the offsets differ, each in one step, as atomicAddTensorDescriptor adds. Of i32, u32 and u64.
 * Triton: `desc.atomic_xor`.
 *
 * @example atomicXorTensorDescriptor(d, [programId(0) * BM, 0], bits);
 */
export function atomicXorTensorDescriptor<D extends DType, Block extends Shape>(
  desc: Descriptor<D, Block, Forgotten>,
  offsets: readonly number[],
  value: Tile<NoInfer<Block>>,
): void {
  outsideKernel("atomicXorTensorDescriptor", desc, offsets, value);
}

/**
 * A descriptor made inside the kernel. Sizes and strides are in elements; the last stride is 1. Triton: `tl.make_tensor_descriptor`.
 *
 * @example const desc = makeTensorDescriptor(a, [M, K], [K, 1], [BM, BK]);
 */
export function makeTensorDescriptor<D extends DType, const Block extends number[]>(
  ptr: Pointer<Forgotten, D>,
  shape: readonly number[],
  strides: readonly number[],
  block: readonly [...Block],
): Descriptor<D, Block> {
  return outsideKernel("makeTensorDescriptor", ptr, shape, strides, block);
}

/**
 * Short for makeTensorDescriptor.
 *
 * @example const desc = descriptor(a, [M, K], [K, 1], [BM, BK]);
 */
export function descriptor<D extends DType, const Block extends number[]>(
  ptr: Pointer<Forgotten, D>,
  shape: readonly number[],
  strides: readonly number[],
  block: readonly [...Block],
): Descriptor<D, Block> {
  return outsideKernel("descriptor", ptr, shape, strides, block);
}

import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, MaskLike, Pointer, Shape, Tile } from "../types.js";

// Atomics act on memory element by element and give the values that were there before.

export interface AtomicOptions {
  /** Where false nothing is touched. */
  readonly mask?: MaskLike;
  /** Memory ordering; the default is acquire and release. */
  readonly sem?: "acquire" | "release" | "acq_rel" | "relaxed";
  /** Who sees the ordering; the default is the whole GPU. */
  readonly scope?: "gpu" | "cta" | "sys";
}

/**
 * Adds to memory. Triton: `tl.atomic_add`.
 *
 * @example atomicAdd(counts + bin, 1, { mask: inside });
 */
export function atomicAdd<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicAdd", ptr, value, options);
}

/**
 * Keeps the larger value; a NaN stays. Triton: `tl.atomic_max`, which compares the bits.
 *
 * @example atomicMax(top + row, best);
 */
export function atomicMax<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicMax", ptr, value, options);
}

/**
 * Keeps the smaller value; a number wins over NaN. Triton: `tl.atomic_min`, which compares the bits.
 *
 * @example atomicMin(first + row, index);
 */
export function atomicMin<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicMin", ptr, value, options);
}

/**
 * Bitwise and with memory. Triton: `tl.atomic_and`.
 *
 * @example atomicAnd(flags + word, ~bit);
 */
export function atomicAnd<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicAnd", ptr, value, options);
}

/**
 * Bitwise or with memory. Triton: `tl.atomic_or`.
 *
 * @example atomicOr(flags + word, bit);
 */
export function atomicOr<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicOr", ptr, value, options);
}

/**
 * Bitwise exclusive or with memory. Triton: `tl.atomic_xor`.
 *
 * @example atomicXor(parity + word, bits);
 */
export function atomicXor<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicXor", ptr, value, options);
}

/**
 * Puts a value in memory. Triton: `tl.atomic_xchg`.
 *
 * @example const before = atomicExchange(owner + slot, programId(0));
 */
export function atomicExchange<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  value: number,
  options?: AtomicOptions,
): Tile<S, D> {
  return outsideKernel("atomicExchange", ptr, value, options);
}

/**
 * Puts `value` in memory where it holds `compare`. Triton: `tl.atomic_cas`.
 *
 * @example while (atomicCas(lock, 0, 1) === 1) { debugBarrier(); }
 */
export function atomicCas<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  compare: number,
  value: number,
  options?: Omit<AtomicOptions, "mask">,
): Tile<S, D> {
  return outsideKernel("atomicCas", ptr, compare, value, options);
}

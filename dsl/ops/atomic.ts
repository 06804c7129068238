import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Forgotten, Mask, MaskLike, Pointer, Shape, Tile } from "../types.js";

// Atomics act on memory element by element and give the values that were there before.

/** How an atomic op touches memory. */
export interface AtomicOptions {
  /** Where false nothing is touched. Default: all elements. */
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

/** How `atomicLoad` reads. */
export interface AtomicLoadOptions {
  /** Where false nothing is read (default: all is), and the result is anything (0 on the CPU executor). */
  readonly mask?: MaskLike;
  /** Memory ordering; the default is acquire: what comes after it sees what came before the store that it reads. */
  readonly sem?: "acquire" | "relaxed";
  /** Who sees the ordering; the default is the whole GPU. */
  readonly scope?: "gpu" | "cta" | "sys";
}

/**
 * Reads memory as one step, each time anew. Triton: `tl.atomic_load`.
 *
 * @example while (atomicLoad(ready) === 0) { debugBarrier(); }
 */
export function atomicLoad<S extends Shape = Forgotten, D extends DType = Forgotten>(
  ptr: Pointer<S, D>,
  options?: AtomicLoadOptions,
): Tile<S, D> {
  return outsideKernel("atomicLoad", ptr, options);
}

/** How `atomicStore` writes. */
export interface AtomicStoreOptions {
  /** Where false nothing is written. Default: all is. */
  readonly mask?: MaskLike;
  /** Memory ordering; the default is release: whoever reads it with acquire sees what was written before. */
  readonly sem?: "release" | "relaxed";
  /** Who sees the ordering; the default is the whole GPU. */
  readonly scope?: "gpu" | "cta" | "sys";
}

/**
 * Writes memory as one step. Triton: `tl.atomic_store`.
 *
 * @example atomicStore(ready + programId(0), 1);
 */
export function atomicStore(ptr: Pointer, value: number, options?: AtomicStoreOptions): void {
  outsideKernel("atomicStore", ptr, value, options);
}

/** How `atomicPoll` waits. */
export interface AtomicPollOptions extends Omit<AtomicLoadOptions, "mask"> {
  /** Nanoseconds that all elements have together; each is looked at once at least. Default: no end. */
  readonly timeoutNs?: number;
}

/**
 * Waits until memory holds `expected`, at each pointer: integers of 16, 32 or 64 bits. Gives where it came to hold it, which is everywhere unless
 * the time was over. A program that waits for one that has not begun waits for ever: launch no more than run at once, with
 * `cooperative: true`. Triton: `tl.atomic_poll`.
 *
 * @example const arrived = atomicPoll(ready, 1, { timeoutNs: 1000000 });
 */
export function atomicPoll<S extends Shape = Forgotten>(
  ptr: Pointer<S>,
  expected: number,
  options?: AtomicPollOptions,
): Mask<S> {
  return outsideKernel("atomicPoll", ptr, expected, options);
}

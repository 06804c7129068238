import { outsideKernel } from "../outside.js";
import type { Int, MaskLike } from "../types.js";

/** How a loop is compiled. None of it changes what the loop computes. */
export interface RangeOptions {
  /** Iterations in flight at once in this loop, instead of the build's `stages`: at least 1, a Const parameter too. */
  readonly numStages?: number;
  /** Unroll by this factor, at least 1; a Const parameter too. Default 1. */
  readonly loopUnrollFactor?: number;
  /** Fuse nested loops into one. Default false. */
  readonly flatten?: boolean;
  /** Keep one copy of the accumulator of a `dot` in this loop. Default false. */
  readonly disallowAccMultiBuffer?: boolean;
  /**
   * Warps of their own for what the loop loads, multiplies and computes: Triton does it on Blackwell (sm_100 and newer), for simple loops around a
   * `dot`, and adds warps to those of the build. Elsewhere it is left out. Default false.
   */
  readonly warpSpecialize?: boolean;
  /** Leave in the loop what is the same in each turn: it is computed again, and takes no registers around the loop. Default false. */
  readonly disableLicm?: boolean;
}

/**
 * The integers of a loop that runs on the device: from `start` up to `stop`, every `step`-th; down, where the step is negative. A counter,
 * `for (let i = 0; i < n; i++)`, is the same loop. Triton: `tl.range`.
 *
 * @example for (const k of range(0, K, BK, { numStages: 3 })) { acc = dot(x, y, { acc }); }
 */
export function range(stop: number): Iterable<Int>;
export function range(start: number, stop: number, options?: RangeOptions): Iterable<Int>;
export function range(start: number, stop: number, step: number, options?: RangeOptions): Iterable<Int>;
export function range(...bounds: unknown[]): never {
  return outsideKernel("range", bounds);
}

/**
 * A loop that is unrolled when the kernel is built: its bounds must be constants. Triton: `tl.static_range`.
 *
 * @example for (const i of staticRange(4)) { total += load(x + i); }
 */
export function staticRange(stop: number): Iterable<Int>;
export function staticRange(start: number, stop: number, step?: number): Iterable<Int>;
export function staticRange(...bounds: unknown[]): never {
  return outsideKernel("staticRange", bounds);
}

/**
 * Stops the build with `message` where the condition, a constant one, is false. Triton: `tl.static_assert`.
 *
 * @example staticAssert(BK >= 16, "dot needs at least 16 columns");
 */
export function staticAssert(condition: boolean, message: string): void {
  outsideKernel("staticAssert", condition, message);
}

/**
 * Tells the compiler that a condition holds. Wrong, it makes a wrong kernel. Triton: `tl.assume`.
 *
 * @example assume(stride % 16 === 0);
 */
export function assume(condition: MaskLike): void {
  outsideKernel("assume", condition);
}

/**
 * Tells the compiler that every value is a multiple of `n`. Triton: `tl.multiple_of`.
 *
 * @example const start = multipleOf(programId(0) * BLOCK, BLOCK);
 */
export function multipleOf<X extends number>(x: X, n: number): X {
  return outsideKernel("multipleOf", x, n);
}

/**
 * Tells the compiler that values come in runs of `n` neighbours. Triton: `tl.max_contiguous`.
 *
 * @example const columns = maxContiguous(start + arange(0, BLOCK), BLOCK);
 */
export function maxContiguous<X extends number>(x: X, n: number): X {
  return outsideKernel("maxContiguous", x, n);
}

/**
 * Tells the compiler that values come in runs of `n` equal ones. Triton: `tl.max_constancy`.
 *
 * @example const group = maxConstancy(floorDiv(arange(0, BLOCK), 16), 16);
 */
export function maxConstancy<X extends number>(x: X, n: number): X {
  return outsideKernel("maxConstancy", x, n);
}

/**
 * With programmatic dependent launch: waits until the kernel before has written its results. Triton: `tl.extra.cuda.gdc_wait`.
 *
 * @example gdcWait(); // loads of weights go before, loads of the predecessor's results after
 */
export function gdcWait(): void {
  outsideKernel("gdcWait");
}

/**
 * With programmatic dependent launch: lets the kernel after start. Triton: `tl.extra.cuda.gdc_launch_dependents`.
 *
 * @example gdcLaunchDependents();
 */
export function gdcLaunchDependents(): void {
  outsideKernel("gdcLaunchDependents");
}

/**
 * Waits for all threads of the program. Triton: `tl.debug_barrier`.
 *
 * @example debugBarrier();
 */
export function debugBarrier(): void {
  outsideKernel("debugBarrier");
}

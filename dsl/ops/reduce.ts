import type { DType, DTypeFacts } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { IsAny, Reduced } from "../shapes.js";
import type { Forgotten, Mask, MaskLike, Shape, Tile } from "../types.js";

/** What becomes of the axis. */
export interface ReduceOptions<Keep extends boolean = boolean> {
  /** Keep the axis with size 1, so that the result broadcasts against the operand. Default false. */
  readonly keepDims?: Keep;
}

/** Dtypes that numbers are summed in. */
type SummedType = Exclude<DType, "bool" | `f8${string}`>;

/** What `sum` sums in, and what becomes of the axis. */
export interface SumOptions<Keep extends boolean = boolean, Out = SummedType> extends ReduceOptions<Keep> {
  /** What is summed in: elements are converted first. Default: small integers in 32 bits of their sign, f16 and bf16 in f32. */
  readonly dtype?: Out;
}

/** What sums are returned in: small integers in 32 bits of their sign, small floats in f32. */
type SumType<D, Out = never> = [Out] extends [never]
  ? IsAny<D> extends true
    ? Forgotten
    : D extends DType
      ? DTypeFacts[D]["sum"]
      : Forgotten
  : Out;

/**
 * Sum over an axis, or over the whole tile. bool, i8 and i16 are summed in i32, u8 and u16 in u32, f16 and bf16 in f32, unless `dtype` says
 * otherwise. Triton: `tl.sum`.
 *
 * @example const total = sum(x, 1); // [M, N] → [M]
 * @example const exact = sum(counts, 0, { dtype: "i64" });
 */
export function sum(x: Tile<Forgotten, Forgotten>): Tile<[], Forgotten>;
export function sum(x: Tile<Forgotten, Forgotten>, options: SumOptions): Tile;
export function sum<
  A extends number,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
  Out extends SummedType = never,
>(x: Tile<S, D>, axis: A, options?: SumOptions<Keep, Out>): Tile<Reduced<S, A, Keep>, SumType<D, Out>>;
export function sum(x: number, axis?: number | SumOptions, options?: SumOptions): never {
  return outsideKernel("sum", x, axis, options);
}

/**
 * Largest element over an axis, or of the whole tile. NaN never wins. Triton: `tl.max`.
 *
 * @example const top = max(scores, 1, { keepDims: true }); // [M, N] → [M, 1]
 */
export function max(x: Tile<Forgotten, Forgotten>): Tile<[], Forgotten>;
export function max(x: Tile<Forgotten, Forgotten>, options: ReduceOptions): Tile;
export function max<
  A extends number,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
>(x: Tile<S, D>, axis: A, options?: ReduceOptions<Keep>): Tile<Reduced<S, A, Keep>, D>;
export function max(x: number, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("max", x, axis, options);
}

/**
 * Smallest element over an axis, or of the whole tile. NaN never wins. Triton: `tl.min`.
 *
 * @example const least = min(x); // a scalar
 */
export function min(x: Tile<Forgotten, Forgotten>): Tile<[], Forgotten>;
export function min(x: Tile<Forgotten, Forgotten>, options: ReduceOptions): Tile;
export function min<
  A extends number,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
>(x: Tile<S, D>, axis: A, options?: ReduceOptions<Keep>): Tile<Reduced<S, A, Keep>, D>;
export function min(x: number, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("min", x, axis, options);
}

/**
 * Index of the largest element; the lowest of equal ones. Triton: `tl.argmax`.
 *
 * @example const token = argmax(logits, 0); // [N] → i32
 */
export function argmax(x: Tile<Forgotten, Forgotten>): Tile<[], "i32">;
export function argmax(x: Tile<Forgotten, Forgotten>, options: ReduceOptions): Tile;
export function argmax<
  A extends number,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
>(x: Tile<S, D>, axis: A, options?: ReduceOptions<Keep>): Tile<Reduced<S, A, Keep>, "i32">;
export function argmax(x: number, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("argmax", x, axis, options);
}

/**
 * Index of the smallest element; the lowest of equal ones. Triton: `tl.argmin`.
 *
 * @example const nearest = argmin(distances, 1); // [M, N] → [M]
 */
export function argmin(x: Tile<Forgotten, Forgotten>): Tile<[], "i32">;
export function argmin(x: Tile<Forgotten, Forgotten>, options: ReduceOptions): Tile;
export function argmin<
  A extends number,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
>(x: Tile<S, D>, axis: A, options?: ReduceOptions<Keep>): Tile<Reduced<S, A, Keep>, "i32">;
export function argmin(x: number, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("argmin", x, axis, options);
}

/**
 * Exclusive or over an axis of integers. Triton: `tl.xor_sum`.
 *
 * @example const checksum = xorSum(words, 0);
 */
export function xorSum(x: Tile<Forgotten, Forgotten>): Tile<[], Forgotten>;
export function xorSum(x: Tile<Forgotten, Forgotten>, options: ReduceOptions): Tile;
export function xorSum<
  A extends number,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
>(x: Tile<S, D>, axis: A, options?: ReduceOptions<Keep>): Tile<Reduced<S, A, Keep>, D>;
export function xorSum(x: number, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("xorSum", x, axis, options);
}

/**
 * True where any element is true. Triton: `tl.reduce_or`.
 *
 * @example if (any(x > limit)) { … }
 */
export function any(x: MaskLike): Mask<[]>;
export function any(x: MaskLike, options: ReduceOptions): Mask;
export function any<A extends number, S extends Shape = Forgotten, Keep extends boolean = false>(
  x: MaskLike<S>,
  axis: A,
  options?: ReduceOptions<Keep>,
): Mask<Reduced<S, A, Keep>>;
export function any(x: MaskLike, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("any", x, axis, options);
}

/**
 * True where every element is true. Triton: `tl.reduce_and`.
 *
 * @example const full = all(mask, 1); // [M, N] → [M]
 */
export function all(x: MaskLike): Mask<[]>;
export function all(x: MaskLike, options: ReduceOptions): Mask;
export function all<A extends number, S extends Shape = Forgotten, Keep extends boolean = false>(
  x: MaskLike<S>,
  axis: A,
  options?: ReduceOptions<Keep>,
): Mask<Reduced<S, A, Keep>>;
export function all(x: MaskLike, axis?: number | ReduceOptions, options?: ReduceOptions): never {
  return outsideKernel("all", x, axis, options);
}

/**
 * Largest elements and their indices in one reduction: `[values, indices]`. Triton: `tl.max(…, return_indices=True)`.
 *
 * @example const [best, where] = maxWithIndex(scores, 1);
 */
export function maxWithIndex<A extends number, S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: A,
): [Tile<Reduced<S, A, false>, D>, Tile<Reduced<S, A, false>, "i32">] {
  return outsideKernel("maxWithIndex", x, axis);
}

/**
 * Smallest elements and their indices in one reduction: `[values, indices]`. Triton: `tl.min(…, return_indices=True)`.
 *
 * @example const [least, where] = minWithIndex(distances, 1);
 */
export function minWithIndex<A extends number, S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: A,
): [Tile<Reduced<S, A, false>, D>, Tile<Reduced<S, A, false>, "i32">] {
  return outsideKernel("minWithIndex", x, axis);
}

/** Where a scan begins. */
export interface ScanOptions {
  /** From the end of the axis. Default: from its start. */
  readonly reverse?: boolean;
}

/** What `cumsum` and `cumprod` compute in, and where they begin. */
export interface SumScanOptions<Out = SummedType> extends ScanOptions {
  /** What is computed in: elements are converted first. Default: as for `sum`. */
  readonly dtype?: Out;
}

/**
 * Running sums along an axis. Triton: `tl.cumsum`.
 *
 * @example const ends = cumsum(lengths, 0);
 */
export function cumsum<S extends Shape = Forgotten, D extends DType = Forgotten, Out extends SummedType = never>(
  x: Tile<S, D>,
  axis: number,
  options?: SumScanOptions<Out>,
): Tile<S, SumType<D, Out>> {
  return outsideKernel("cumsum", x, axis, options);
}

/**
 * Running products along an axis. Triton: `tl.cumprod`.
 *
 * @example const survives = cumprod(1 - hazards, 0);
 */
export function cumprod<S extends Shape = Forgotten, D extends DType = Forgotten, Out extends SummedType = never>(
  x: Tile<S, D>,
  axis: number,
  options?: SumScanOptions<Out>,
): Tile<S, SumType<D, Out>> {
  return outsideKernel("cumprod", x, axis, options);
}

/** Which way `sort`, `argsort` and `topk` go. */
export interface SortOptions {
  /** True: the greatest first. Default: the least first, but of `topk` the greatest. */
  readonly descending?: boolean;
}

/**
 * Sorts along the last axis, ascending. Triton: `tl.sort`, which is slow to compile.
 *
 * @example const ranked = sort(scores, 0, { descending: true });
 */
export function sort<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis?: number,
  options?: SortOptions,
): Tile<S, D> {
  return outsideKernel("sort", x, axis, options);
}

/**
 * The places of the elements along the last axis in ascending order: element i of the sorted line is `x[argsort(x)[i]]`. Of equal ones the first
 * comes first, in both orders; NaN is greater than all numbers. What else is to be in that order `gather` brings there. Triton: `tl.sort` of
 * the numbers with their places below them.
 *
 * @example const inOrder = gather(payload, argsort(keys), -1);
 */
export function argsort<S extends Shape = Forgotten>(
  x: Tile<S, Forgotten>,
  axis?: number,
  options?: SortOptions,
): Tile<S, "i32"> {
  return outsideKernel("argsort", x, axis, options);
}

type FirstOf<S, K> =
  IsAny<S> extends true
    ? Forgotten
    : S extends readonly [...infer Head extends Shape, unknown]
      ? [...Head, K]
      : Forgotten;

/**
 * The `k` largest elements along the last axis, largest first; the smallest, smallest first, where `descending` is false. `k` is a power of
 * two; there is no order of NaN. Triton: `tl.topk`.
 *
 * @example const best = topk(scores, 8); // [M, N] → [M, 8]
 */
export function topk<K extends number, S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  k: K,
  axis?: number,
  options?: SortOptions,
): Tile<FirstOf<S, K>, D> {
  return outsideKernel("topk", x, k, axis, options);
}

/** What `histogram` counts. */
export interface HistogramOptions {
  /** Where false an element is not counted. Default: all are. */
  readonly mask?: MaskLike;
}

/**
 * How often each of the numbers 0 … bins − 1 occurs in a vector of i32 or u32, where the mask is set. `bins` is a power of two; a number that is
 * none of them, unmasked, makes the counts undefined. Triton: `tl.histogram`.
 *
 * @example const counts = histogram(digits, 256, { mask: at < n });
 */
export function histogram<N extends number>(
  x: Tile<Forgotten, "i32" | "u32">,
  bins: N,
  options?: HistogramOptions,
): Tile<[N], "i32"> {
  return outsideKernel("histogram", x, bins, options);
}

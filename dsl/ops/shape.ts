import type { DType, IntType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { BroadcastClash, ElementsDiffer, Expanded, IsAny, Problem, ShapeOf, SizeName } from "../shapes.js";
import type { DTypeKey, Forgotten, Mask, Shape, Tile } from "../types.js";

type DTypeOf<T> = DTypeKey extends keyof T ? NonNullable<T[DTypeKey]> & DType : Forgotten;

type ReshapeCheck<X, S extends Shape> =
  ElementsDiffer<ShapeOf<X>, S> extends true
    ? Problem<"reshape: the new shape holds another number of elements">
    : readonly [...S];

/**
 * The same elements, in row-major order, in another shape. Triton: `tl.reshape`.
 *
 * @example const pairs = reshape(x, [N, HALF, 2]); // [N, 2 * HALF] → [N, HALF, 2]
 */
export function reshape<X extends number, const S extends number[]>(
  x: X,
  shape: ReshapeCheck<X, S>,
): Tile<S, DTypeOf<X>>;
export function reshape<X extends boolean, const S extends number[]>(x: X, shape: ReshapeCheck<X, S>): Mask<S>;
export function reshape(x: unknown, shape: unknown): never {
  return outsideKernel("reshape", x, shape);
}

type BroadcastCheck<X, S extends Shape> =
  BroadcastClash<ShapeOf<X>, S> extends readonly [infer A, infer B]
    ? Problem<`broadcastTo: size ${SizeName<A>} cannot become ${SizeName<B>}`>
    : readonly [...S];

/**
 * The tile repeated along its axes of size 1. Triton: `tl.broadcast_to`.
 *
 * @example const rows = broadcastTo(row(bias), [BM, BN]); // [1, BN] → [BM, BN]
 */
export function broadcastTo<X extends number, const S extends number[]>(
  x: X,
  shape: BroadcastCheck<X, S>,
): Tile<S, DTypeOf<X>>;
export function broadcastTo<X extends boolean, const S extends number[]>(x: X, shape: BroadcastCheck<X, S>): Mask<S>;
export function broadcastTo(x: unknown, shape: unknown): never {
  return outsideKernel("broadcastTo", x, shape);
}

/**
 * The tile with a new axis of size 1. Triton: `tl.expand_dims`.
 *
 * @example const x3 = expandDims(x, 1); // [M, N] → [M, 1, N]
 */
export function expandDims<A extends number, S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: A,
): Tile<Expanded<S, A>, D>;
export function expandDims<A extends number, S extends Shape = Forgotten>(x: Mask<S>, axis: A): Mask<Expanded<S, A>>;
export function expandDims(x: number | boolean, axis: number): never {
  return outsideKernel("expandDims", x, axis);
}

/**
 * A vector as a column: [N] → [N, 1]. Triton: `x[:, None]`.
 *
 * @example const offsets = col(rows) * stride + row(columns);
 */
export function col<S extends Shape = Forgotten, D extends DType = Forgotten>(x: Tile<S, D>): Tile<Expanded<S, 1>, D>;
export function col<S extends Shape = Forgotten>(x: Mask<S>): Mask<Expanded<S, 1>>;
export function col(x: number | boolean): never {
  return outsideKernel("col", x);
}

/**
 * A vector as a row: [N] → [1, N]. Triton: `x[None, :]`.
 *
 * @example const mask = row(columns) < N;
 */
export function row<S extends Shape = Forgotten, D extends DType = Forgotten>(x: Tile<S, D>): Tile<Expanded<S, 0>, D>;
export function row<S extends Shape = Forgotten>(x: Mask<S>): Mask<Expanded<S, 0>>;
export function row(x: number | boolean): never {
  return outsideKernel("row", x);
}

type Joined<S> = IsAny<S> extends true ? Forgotten : S extends Shape ? [...S, 2] : Forgotten;
type Halves<S> = S extends [...infer Head extends Shape, 2] ? Head : Forgotten;

/**
 * Two tiles side by side in a new last axis of size 2. Triton: `tl.join`.
 *
 * @example const pairs = join(real, imaginary); // [N] and [N] → [N, 2]
 */
export function join<S extends Shape = Forgotten, D extends DType = Forgotten>(
  a: Tile<S, D>,
  b: Tile<NoInfer<S>, NoInfer<D>>,
): Tile<Joined<S>, D> {
  return outsideKernel("join", a, b);
}

/**
 * The last of an axis first; of the last axis where none is given. Triton: `tl.flip`.
 *
 * @example const newestFirst = flip(load(history + arange(0, 64)));
 */
export function flip<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis?: number,
): Tile<S, D> {
  return outsideKernel("flip", x, axis);
}

/**
 * The two halves of a last axis of size 2. Triton: `tl.split`.
 *
 * @example const [even, odd] = split(reshape(x, [N, HALF, 2]));
 */
export function split<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
): [Tile<Halves<S>, D>, Tile<Halves<S>, D>] {
  return outsideKernel("split", x);
}

/**
 * Elements of two tiles in turn along the last axis, which doubles. Triton: `tl.interleave`.
 *
 * @example const bytes = interleave(low, high); // [M, N] and [M, N] → [M, 2 * N]
 */
export function interleave<D extends DType = Forgotten>(
  a: Tile<Forgotten, D>,
  b: Tile<Forgotten, NoInfer<D>>,
): Tile<Forgotten, D> {
  return outsideKernel("interleave", a, b);
}

/**
 * The elements in row-major order in one axis. Triton: `tl.ravel`.
 *
 * @example const all = ravel(x); // [M, N] → [M * N]
 */
export function ravel<D extends DType = Forgotten>(x: Tile<Forgotten, D>): Tile<Forgotten, D> {
  return outsideKernel("ravel", x);
}

/**
 * Two tiles of one shape, the second after the first along an axis (the first one where none is given). Triton: `tl.cat`, in order.
 *
 * @example const both = cat(past, fresh); // [N] and [N] → [2 * N]
 */
export function cat<D extends DType = Forgotten>(
  a: Tile<Forgotten, D>,
  b: Tile<Forgotten, NoInfer<D>>,
  axis?: number,
): Tile<Forgotten, D> {
  return outsideKernel("cat", a, b, axis);
}

/**
 * Elements along an axis by their indices: `x[index]` of vectors. The index has the axes of x and the sizes of all others; one that is outside
 * of the axis gives an undefined element. Triton: `tl.gather`.
 *
 * @example const permuted = gather(values, order, 0); // [N] and [M] → [M]
 */
export function gather<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<Forgotten, D>,
  index: Tile<S, IntType>,
  axis: number,
): Tile<S, D> {
  return outsideKernel("gather", x, index, axis);
}

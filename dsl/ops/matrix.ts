import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { Differ, IsAny, Permuted, Problem, ShapeOf, SizeName } from "../shapes.js";
import type { DTypeKey, Forgotten, Shape, Tile } from "../types.js";

type Inner<A> = A extends readonly [...Forgotten, Forgotten, infer K] ? K : Forgotten;
type Rows<B> = B extends readonly [...Forgotten, infer K, Forgotten] ? K : Forgotten;

type DotCheck<A, B> =
  Differ<Inner<A>, Rows<B>> extends true
    ? Problem<`dot: inner sizes differ: a has ${SizeName<Inner<A>>} columns, b has ${SizeName<Rows<B>>} rows`>
    : never;

type Product<A, B> =
  IsAny<A> extends true
    ? Forgotten
    : IsAny<B> extends true
      ? Forgotten
      : A extends readonly [...infer Head, infer M, Forgotten]
        ? B extends readonly [...Forgotten, Forgotten, infer N]
          ? [...Head, M, N]
          : Forgotten
        : Forgotten;

type DTypeOf<T> = DTypeKey extends keyof T ? NonNullable<T[DTypeKey]> : Forgotten;

type Accumulated<D> = IsAny<D> extends true ? Forgotten : [D] extends ["i8"] ? "i32" : "f32";

export interface DotOptions {
  /** Added to the product; f32 (i32 for i8) of shape [M, N]. */
  readonly acc?: number;
  /** How f32 operands are multiplied: exactly (the default), or with TensorFloat-32's 10-bit mantissa. */
  readonly inputPrecision?: "ieee" | "tf32";
}

/**
 * Matrix product [M, K] · [K, N] → [M, N], accumulated in f32 (i8 in i32); a third, leading axis is a batch. f8e4m3 and f8e5m2 may meet; sm_90
 * keeps fewer bits of their sums. Triton: `tl.dot`.
 *
 * @example acc = dot(x, y, { acc });
 */
export function dot<A extends number, B extends number>(
  a: A,
  b: [DotCheck<ShapeOf<A>, ShapeOf<B>>] extends [never] ? B : DotCheck<ShapeOf<A>, ShapeOf<B>>,
  options?: DotOptions,
): Tile<Product<ShapeOf<A>, ShapeOf<B>>, Accumulated<DTypeOf<A>>> {
  return outsideKernel("dot", a, b, options);
}

/**
 * The tile with its axes in another order; without an order the last two are exchanged. Triton: `tl.trans`.
 *
 * @example dot(q, trans(k))
 */
export function trans<const Order extends number[], S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  ...order: Order
): Tile<Permuted<S, Order>, D> {
  return outsideKernel("trans", x, order);
}

/**
 * The tile with its axes in another order. Triton: `tl.permute`.
 *
 * @example const y = permute(x, 2, 0, 1); // [A, B, C] → [C, A, B]
 */
export function permute<const Order extends number[], S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  ...order: Order
): Tile<Permuted<S, Order>, D> {
  return outsideKernel("permute", x, order);
}

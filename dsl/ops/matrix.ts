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

type Accumulated<D, O> =
  IsAny<D> extends true
    ? Forgotten
    : O extends { readonly outDtype: infer Out extends DType }
      ? Out
      : [D] extends ["i8"]
        ? "i32"
        : [D] extends ["f64"]
          ? "f64"
          : O extends { readonly acc: infer Acc }
            ? InHalves<DTypeOf<Acc>>
            : "f32";

type InHalves<Acc> = IsAny<Acc> extends true ? "f32" : [Acc] extends ["f16"] ? "f16" : "f32";

/** What `dot` adds to, and how it multiplies and sums. */
export interface DotOptions {
  /** Added to the product; of shape [M, N] and in the dtype of the result. Default: nothing. */
  readonly acc?: number;
  /**
   * How f32 operands are multiplied: exactly (the default); with TensorFloat-32's 10-bit mantissa; or as sums of products of parts of them, which
   * run on the tensor cores too: "tf32x3" is nearly exact, "bf16x3" keeps 16 bits, "bf16x6" 24. The CPU executor multiplies exactly.
   */
  readonly inputPrecision?: "ieee" | "tf32" | "tf32x3" | "bf16x3" | "bf16x6";
  /**
   * "f16" of f16 and float8: what tensor cores sum faster in, with less precision and range. Default: that of `acc`, or f32 (f64 of f64, i32 of
   * i8). The CPU executor rounds once, after the last product.
   */
  readonly outDtype?: "f16" | "f32" | "f64" | "i32";
  /** Of float8 in f32 on sm_90: how many products along K are summed with fewer bits before f32 takes them; 0 is none. Default: all. */
  readonly maxNumImpreciseAcc?: number;
}

/**
 * Matrix product [M, K] · [K, N] → [M, N], accumulated in f32 (f64 in f64, i8 in i32); a third, leading axis is a batch. f8e4m3 and f8e5m2 may
 * meet; sm_90 keeps fewer bits of their sums. Triton: `tl.dot`.
 *
 * @example acc = dot(x, y, { acc });
 */
export function dot<A extends number, B extends number, const O extends DotOptions = DotOptions>(
  a: A,
  b: [DotCheck<ShapeOf<A>, ShapeOf<B>>] extends [never] ? B : DotCheck<ShapeOf<A>, ShapeOf<B>>,
  options?: O,
): Tile<Product<ShapeOf<A>, ShapeOf<B>>, Accumulated<DTypeOf<A>, O>> {
  return outsideKernel("dot", a, b, options);
}

/** How an operand of `dotScaled` is coded: 4 bits, two to a byte; 8 bits; or a float of 16 bits, which has no scales. */
export type ScaledFormat = "e2m1" | "e4m3" | "e5m2" | "bf16" | "f16";

/** What `dotScaled` adds to, and how its operands are packed. */
export interface DotScaledOptions {
  /** Added to the product; f32 of shape [M, N]. Default: nothing. */
  readonly acc?: number;
  /** Leaves out what a scale of 255 means where a GPU multiplies in 16 bits. Default false. */
  readonly fastMath?: boolean;
  /** Whether two of e2m1 in a byte are neighbours along K (the default) or along M: then lhs is [M / 2, K]. */
  readonly lhsKPack?: boolean;
  /** Whether two of e2m1 in a byte are neighbours along K (the default) or along N: then rhs is [K, N / 2]. */
  readonly rhsKPack?: boolean;
}

type PackedElsewhere = { readonly lhsKPack: false } | { readonly rhsKPack: false };

/**
 * Matrix product of microscaled elements, [M, K] · [K, N] → f32 of [M, N]; a third, leading axis is a batch. Each 32 elements along K have a
 * scale s, a byte that stands for 2^(s − 127) (e8m0; 255 is NaN): `lhsScale` is u8 of [M, K / 32], and `rhsScale` of [N, K / 32], which is not
 * transposed; null is none. "e4m3" and "e5m2" are tiles of f8e4m3 and f8e5m2, or u8 of the same bits. "e2m1" is u8 with two elements in a byte,
 * the first in its lower half: lhs is then [M, K / 2], rhs [K / 2, N]. "bf16" and "f16" are such tiles, without scales. K is 32 or more, and 64
 * where both are "e2m1"; a tile of "e2m1" has 128 bytes or more for each warp.
 *
 * sm_100 multiplies scaled elements as they are. Other GPUs multiply element · scale in bf16, which is exact within its range, or in f16 where
 * one side is "f16". The CPU executor multiplies in f32. Triton: `tl.dot_scaled`.
 *
 * @example acc = dotScaled(x, xScale, "e4m3", w, wScale, "e2m1", { acc });
 */
export function dotScaled<A extends number, B extends number, const O extends DotScaledOptions = DotScaledOptions>(
  lhs: A,
  lhsScale: number | null,
  lhsFormat: ScaledFormat,
  rhs: B,
  rhsScale: number | null,
  rhsFormat: ScaledFormat,
  options?: O,
): Tile<O extends PackedElsewhere ? Forgotten : Product<ShapeOf<A>, ShapeOf<B>>, "f32"> {
  return outsideKernel("dotScaled", lhs, lhsScale, lhsFormat, rhs, rhsScale, rhsFormat, options);
}

/**
 * The tile with its axes in another order; without an order the last two are exchanged. Triton: `tl.trans`.
 *
 * @example const scores = dot(q, trans(k));
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

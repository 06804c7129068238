import type { DType } from "../dtypes.js";
import { outsideKernel } from "../outside.js";
import type { BroadcastShape, Reduced, ShapeOf } from "../shapes.js";
import type { Bool, DTypeKey, Forgotten, Mask, Scalar, Shape, Tile } from "../types.js";
import type { ReduceOptions, ScanOptions } from "./reduce.js";

type Values = readonly (Tile | Mask)[];

type DTypeOf<T> = DTypeKey extends keyof T ? NonNullable<T[DTypeKey]> & DType : Forgotten;

/** One element of a tile. */
type ElementOf<T> = [T] extends [boolean] ? Bool : Scalar<DTypeOf<T>>;
type ElementsOf<X extends Values> = { [I in keyof X]: ElementOf<X[I]> };

/** The tile with elements like `T` in another shape. */
type Shaped<T, S extends Shape> = [T] extends [boolean] ? Mask<S> : Tile<S, DTypeOf<T>>;

type ReducedAll<X extends Values, A, Keep> = {
  -readonly [I in keyof X]: Shaped<X[I], ReducedBy<ShapeOf<X[I]>, A, Keep>>;
};
type ReducedBy<S, A, Keep> = [A] extends [undefined] ? (Keep extends true ? Forgotten : []) : Reduced<S, A, Keep>;

/**
 * Combines all elements along an axis, or of the whole tile for an axis `undefined`, by a function of two of them. Of several tiles
 * in one shape it combines tuples, one element of each: the function takes two and returns one, in the dtypes of the tiles.
 *
 * A GPU combines in a tree, in which the two may change places: the function must be associative and commutative. Where that holds
 * exactly (maxima, sums of integers, choices with a tie that is broken) all devices agree, and to rounding else; the CPU executor goes
 * from the first element to the last, as Triton's interpreter does. A GPU's own results repeat to the last bit where both orders of
 * two operands give the same bits; `a * x + b * y` rounds the two products differently unless the build says `fpFusion: false`. The function computes with numbers: it may choose by `c ? a : b`
 * and call other functions, and has no `if`, no loops, no loads and no stores. Triton: `tl.reduce`.
 *
 * @example const product = reduce(x, 1, (a, b) => a * b); // [M, N] → [M]
 * @example
 * const [top, at] = reduce([x, indices], 0, ([a, i], [b, j]) => {
 *   const first = a > b || (a === b && i < j);
 *   return [first ? a : b, first ? i : j];
 * });
 */
export function reduce<
  A extends number | undefined,
  S extends Shape = Forgotten,
  D extends DType = Forgotten,
  Keep extends boolean = false,
>(
  x: Tile<S, D>,
  axis: A,
  combine: (a: Scalar<D>, b: Scalar<D>) => Scalar<D>,
  options?: ReduceOptions<Keep>,
): Tile<ReducedBy<S, A, Keep>, D>;
export function reduce<A extends number | undefined, S extends Shape = Forgotten, Keep extends boolean = false>(
  x: Mask<S>,
  axis: A,
  combine: (a: Bool, b: Bool) => Bool,
  options?: ReduceOptions<Keep>,
): Mask<ReducedBy<S, A, Keep>>;
export function reduce<const X extends Values, A extends number | undefined, Keep extends boolean = false>(
  x: X,
  axis: A,
  combine: (a: ElementsOf<X>, b: ElementsOf<X>) => ElementsOf<X>,
  options?: ReduceOptions<Keep>,
): ReducedAll<X, A, Keep>;
export function reduce(
  x: unknown,
  axis: number | undefined,
  combine: (...values: never) => unknown,
  options?: ReduceOptions,
): never {
  return outsideKernel("reduce", x, axis, combine, options);
}

/**
 * What is combined so far, at each place along an axis: of the first element itself, then of what came before and the next one. Of
 * several tiles in one shape it combines tuples, as `reduce` does. The function must be associative, and may depend on the order; what
 * else it may do, and where devices agree, is as for `reduce`. With `reverse` it goes from the end. Triton: `tl.associative_scan`.
 *
 * @example const highest = associativeScan(x, 0, maximum); // running maxima
 * @example
 * // hᵢ = aᵢ · hᵢ₋₁ + xᵢ, as state-space models have it
 * const [, h] = associativeScan([a, x], 0, ([a1, h1], [a2, h2]) => [a1 * a2, a2 * h1 + h2]);
 */
export function associativeScan<S extends Shape = Forgotten, D extends DType = Forgotten>(
  x: Tile<S, D>,
  axis: number,
  combine: (a: Scalar<D>, b: Scalar<D>) => Scalar<D>,
  options?: ScanOptions,
): Tile<S, D>;
export function associativeScan<S extends Shape = Forgotten>(
  x: Mask<S>,
  axis: number,
  combine: (a: Bool, b: Bool) => Bool,
  options?: ScanOptions,
): Mask<S>;
export function associativeScan<const X extends Values>(
  x: X,
  axis: number,
  combine: (a: ElementsOf<X>, b: ElementsOf<X>) => ElementsOf<X>,
  options?: ScanOptions,
): { -readonly [I in keyof X]: Shaped<X[I], ShapeOf<X[I]>> };
export function associativeScan(
  x: unknown,
  axis: number,
  combine: (...values: never) => unknown,
  options?: ScanOptions,
): never {
  return outsideKernel("associativeScan", x, axis, combine, options);
}

type Broadcast<X extends Values> = X extends readonly [infer First, ...infer Rest extends Values]
  ? Rest extends readonly []
    ? ShapeOf<First>
    : BroadcastShape<ShapeOf<First>, Broadcast<Rest>>
  : Forgotten;

type Result = number | boolean;
type Mapped<R, X extends Values> = R extends readonly unknown[]
  ? { -readonly [I in keyof R]: Shaped<R[I], Broadcast<X>> }
  : Shaped<R, Broadcast<X>>;

/**
 * A function of numbers on each element of tiles that broadcast, and on numbers beside them. Unlike operations on tiles it may branch and
 * loop for each element by itself. It has no loads and no stores. Triton: `tl.map_elementwise`.
 *
 * @example
 * const steps = mapElementwise((x) => {
 *   let [n, count] = [x, 0];
 *   while (n > 1) {
 *     n = n % 2 === 0 ? floorDiv(n, 2) : 3 * n + 1;
 *     count += 1;
 *   }
 *   return count;
 * }, numbers);
 */
export function mapElementwise<const X extends Values, const R extends Result | readonly Result[]>(
  f: (...values: ElementsOf<X>) => R,
  ...tiles: X
): Mapped<R, X> {
  return outsideKernel("mapElementwise", f, ...tiles);
}

/**
 * PTX on each element of tiles that broadcast, `$0`, `$1` … being its results and then its operands; with `pack` on so many elements at a time,
 * of which those below 32 bits share registers. `constraints` names the register of each: `=r` and `r` have 32 bits, `h` 16, `l` 64, `f` is f32
 * and `d` f64. The assembly is to depend on its operands alone. `cpu` says what it means: the CPU executor runs it instead, and the results
 * have its dtypes; it is a function as `mapElementwise` takes. Triton: `tl.inline_asm_elementwise`.
 *
 * @example
 * // Two halves at a time.
 * const sum = inlineAsm("add.rn.f16x2 $0, $1, $2;", "=r,r,r", (a, b) => a + b, x, y, { pack: 2 });
 */
export function inlineAsm<const X extends Values, const R extends Result | readonly Result[]>(
  asm: string,
  constraints: string,
  cpu: (...values: ElementsOf<X>) => R,
  ...tiles: X
): Mapped<R, X>;
export function inlineAsm<const X extends Values, const R extends Result | readonly Result[]>(
  asm: string,
  constraints: string,
  cpu: (...values: ElementsOf<X>) => R,
  ...tiles: readonly [...X, options: AsmOptions]
): Mapped<R, X>;
export function inlineAsm(
  asm: string,
  constraints: string,
  cpu: (...values: never) => unknown,
  ...tiles: readonly unknown[]
): never {
  return outsideKernel("inlineAsm", asm, constraints, cpu, ...tiles);
}

/** How `inlineAsm` packs elements. */
export interface AsmOptions {
  /** Elements at a time: 1, 2, 4, 8 or 16. Default 1. */
  readonly pack?: number;
}

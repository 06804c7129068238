import { outsideKernel } from "../outside.js";
import type { BroadcastClash, BroadcastShape, Problem, ShapeOf, SizeName } from "../shapes.js";
import type { Forgotten, Mask, MaskLike, Shape, Tile } from "../types.js";

type Clash<A, B, NameA extends string, NameB extends string, Fine> =
  BroadcastClash<ShapeOf<A>, ShapeOf<B>> extends readonly [infer X, infer Y]
    ? Problem<`where: shapes differ: ${NameA} has ${SizeName<X>} where ${NameB} has ${SizeName<Y>}`>
    : Fine;

type Chosen<C, A, B> = Tile<BroadcastShape<ShapeOf<C>, BroadcastShape<ShapeOf<A>, ShapeOf<B>>> & Shape, Forgotten>;

/**
 * `a` where the condition holds, `b` elsewhere. Both are evaluated. Triton: `tl.where`.
 *
 * @example const positive = where(x > 0, x, 0);
 */
export function where<C extends MaskLike, A extends number, B extends number>(
  condition: C,
  a: Clash<C, A, "the condition", "a", A>,
  b: Clash<A, B, "a", "b", B>,
): Chosen<C, A, B>;
export function where(condition: MaskLike, a: MaskLike, b: MaskLike): Mask;
export function where(condition: MaskLike, a: unknown, b: unknown): never {
  return outsideKernel("where", condition, a, b);
}

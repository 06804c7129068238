import { padded } from "../../runtime/models/sizes.js";
import { many, type Numbers, numbers, rounded } from "./numbers.js";

/** Random inputs test how well sums are rounded; whole numbers are added without rounding, so their results are known to the last bit. */
export const KINDS = ["random", "whole"] as const;
export type Kind = (typeof KINDS)[number];

/** Inputs of one case: the same kind throughout. */
export interface Inputs {
  readonly kind: Kind;
  readonly source: Numbers;
  /** Numbers as f32 holds them. */
  f32(count: number): Float64Array;
  bf16(count: number): Float64Array;
  /** Numbers as bf16 holds them. */
  rounded(values: ArrayLike<number>): Float64Array;
  /** The tolerance for results of this kind. */
  tolerance(ofRandom: number): number;
}

export function inputs(kind: Kind, seed: number): Inputs {
  const source = numbers(seed);
  const next = kind === "whole" ? () => source.whole(-4, 4) : source.normal;
  return {
    kind,
    source,
    f32: (count) => many(count, () => Math.fround(next())),
    bf16: (count) => rounded("bf16", many(count, next)),
    rounded: (values) => rounded("bf16", values),
    tolerance: (ofRandom) => (kind === "whole" ? 0 : ofRandom),
  };
}

/**
 * What an RMS norm reads: `x`, its weight and epsilon, and zeros behind both up to whole blocks of 32. Whole ones have a root mean square of 2, so
 * their norm is whole too.
 */
export function normInputs({ kind, source, f32 }: Inputs, width: number) {
  const filled = (values: Float64Array): Float64Array => {
    const whole = new Float64Array(padded(width));
    whole.set(values);
    return whole;
  };
  if (kind === "random") return { x: filled(f32(width)), norm: filled(f32(width)), epsilon: Math.fround(1e-5) };
  const [x, norm] = [many(width, () => source.pick([-2, 2])), many(width, () => source.whole(-3, 3))];
  return { x: filled(x), norm: filled(norm), epsilon: 0 };
}

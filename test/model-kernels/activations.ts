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
    tolerance: (ofRandom) => (kind === "whole" ? 0 : ofRandom),
  };
}

/** What an RMS norm reads: `x`, its weight and epsilon. Whole ones have a root mean square of 2, so their norm is whole too. */
export function normInputs({ kind, source, f32 }: Inputs, width: number) {
  if (kind === "random") return { x: f32(width), norm: f32(width), epsilon: Math.fround(1e-5) };
  return { x: many(width, () => source.pick([-2, 2])), norm: many(width, () => source.whole(-3, 3)), epsilon: 0 };
}

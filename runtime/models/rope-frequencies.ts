/** How fast the dimensions of a head turn. Exact to f64; the tables on a device are made from these. */

import type { RopeConfig, RopeScaling } from "./config.js";

export interface RopeFrequencies {
  /** Radians a token, one for each of the rotated / 2 pairs. */
  readonly frequencies: Float64Array;
  /** What cosines and sines are multiplied by. */
  readonly magnitude: number;
}

/**
 * The frequencies of `rope` for positions below `positions`: a cache's tokens, or those of a window that numbers its tokens anew. Two scalings
 * depend on that: dynamic grows its base with the tokens beyond the trained ones, longrope has other divisors there. transformers decides both
 * anew for each forward pass, which would leave keys in the cache that were turned otherwise than the queries.
 */
export function ropeFrequencies(rope: RopeConfig, positions: number): RopeFrequencies {
  const { base, rotated, scaling, attentionFactor } = rope;
  const plain = powers(base, rotated);
  const { frequencies, magnitude = 1 } = scale(scaling, plain, rope, positions);
  return { frequencies, magnitude: attentionFactor * magnitude };
}

const powers = (base: number, rotated: number): Float64Array =>
  Float64Array.from({ length: rotated / 2 }, (_, i) => base ** ((-2 * i) / rotated));

function scale(
  scaling: RopeScaling,
  plain: Float64Array,
  rope: RopeConfig,
  positions: number,
): { readonly frequencies: Float64Array; readonly magnitude?: number } {
  switch (scaling.kind) {
    case "none":
      return { frequencies: plain };
    case "linear":
      return { frequencies: plain.map((frequency) => frequency / scaling.factor) };
    case "factors":
      return { frequencies: plain.map((frequency, i) => frequency / scaling.factors[i]!) };
    case "dynamic":
      return { frequencies: powers(dynamicBase(scaling, rope, positions), rope.rotated) };
    case "yarn":
      return { frequencies: yarn(scaling, plain, rope), magnitude: scaling.magnitude };
    case "longrope": {
      const divisors = positions > scaling.original ? scaling.long : scaling.short;
      return { frequencies: plain.map((frequency, i) => frequency / divisors[i]!), magnitude: scaling.magnitude };
    }
  }
}

/** NTK-aware, as transformers computes it: the base at which the slowest pair turns as if positions were divided. */
function dynamicBase(
  { factor, original }: Extract<RopeScaling, { kind: "dynamic" }>,
  { base, rotated }: RopeConfig,
  positions: number,
): number {
  const length = Math.max(positions, original);
  return base * ((factor * length) / original - (factor - 1)) ** (rotated / (rotated - 2));
}

/** arXiv 2309.00071, section 3.2: pairs with more than betaFast turns in the original window stay, with fewer than betaSlow are divided. */
function yarn(
  { factor, original, betaFast, betaSlow, truncate }: Extract<RopeScaling, { kind: "yarn" }>,
  plain: Float64Array,
  { base, rotated }: RopeConfig,
): Float64Array {
  const pairOf = (turns: number) => (rotated * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const [first, last] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(0, truncate ? Math.floor(first) : first);
  const high = Math.min(rotated - 1, truncate ? Math.ceil(last) : last);
  const width = high === low ? 0.001 : high - low;
  return plain.map((frequency, i) => {
    const divided = Math.min(1, Math.max(0, (i - low) / width));
    return (divided * frequency) / factor + (1 - divided) * frequency;
  });
}

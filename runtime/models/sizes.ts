import { headConstants } from "../kernels/attention/heads.js";
import { cdiv, powerOfTwo } from "../tiling.js";
import type { ModelConfig } from "./config.js";

/** Elements as kernels want rows of them: whole blocks of 32. */
export const padded = (width: number): number => cdiv(width, 32) * 32;

/** Sizes that follow from a configuration, as the kernels and the buffers between them have them. */
export function sizesOf(config: ModelConfig) {
  const { heads, kvHeads, headSize, hidden, feedForward, experts } = config;
  return {
    ...headConstants(config),
    /** Query, key and value rows of a layer; all of them are multiples of 16. */
    qRows: heads * headSize,
    kvRows: kvHeads * headSize,
    qkvRows: (heads + 2 * kvHeads) * headSize,
    /** The residual stream, the feed-forward and the heads beside each other, in whole blocks: what is behind them is zero. */
    residual: padded(hidden),
    activation: padded(Math.max(feedForward, experts?.dense?.feedForward ?? 0)),
    attention: padded(heads * headSize),
    /** A power of two that holds the residual, and query and KV heads. */
    residualP: powerOfTwo(padded(hidden)),
    normedHeadsP: powerOfTwo(heads + kvHeads),
    /** Scores are kept in base 2, where exp is one instruction; so is their cap. */
    scale: config.scoreScale * Math.LOG2E,
    cap: (config.scoreCap ?? 0) * Math.LOG2E,
    CAP: config.scoreCap !== undefined,
  };
}

export type Sizes = ReturnType<typeof sizesOf>;

/** Bytes of a token's keys in a layer, and of its values: bf16. */
export const rowBytes = ({ kvHeads, headSize }: Pick<ModelConfig, "kvHeads" | "headSize">): number =>
  kvHeads * headSize * 2;

import { ShardedDense } from "../parallel/sharded-dense.js";
import type { Share } from "../parallel/share.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import { windowSize } from "../reattention/limits.js";
import type { Attention } from "./attention/attention.js";
import { type AttentionHost, DenseAttention } from "./attention/dense.js";
import { WindowedAttention } from "./attention/windowed.js";
import type { LayerKind, ModelConfig } from "./config.js";

export interface LayersOptions {
  readonly attention: AttentionOptions;
  /** Tokens that the cache may hold. */
  readonly capacity: number;
  /** Sequences that may decode at once. Default 1. */
  readonly sequences?: number;
  /** Where one sequence is dealt to several ranks: what this one is told of the others. */
  readonly share?: Share | undefined;
}

/** What follows from the attention for buffers and tables. */
export interface Reach {
  /** Tokens of a prompt that are read at a time. */
  readonly tokens: number;
  /** Chunks of windowed attention that are read together. */
  readonly together: number;
}

export function reachOf({ device }: Pick<AttentionHost, "device">, { attention, capacity }: LayersOptions): Reach {
  const { promptTokens, windowedTokens } = device.traits;
  const chunk = attention.kind === "dense" ? 0 : attention.chunk;
  return {
    tokens: Math.min(capacity, Math.max(promptTokens, chunk)),
    together: chunk === 0 ? 1 : Math.max(1, Math.floor(Math.min(capacity, windowedTokens) / chunk)),
  };
}

/** Positions that each rope of the model ever rotates: of the whole cache, or of a window. */
export function rotatedPositions(config: ModelConfig, { attention, capacity }: LayersOptions): number[] {
  const windowed = attention.kind === "dense" ? capacity : Math.min(capacity, windowSize(attention));
  const positions = config.ropes.map(() => 0);
  for (const { rope, window } of config.layerKinds)
    if (rope !== undefined) positions[rope] = Math.max(positions[rope]!, window === undefined ? windowed : capacity);
  return positions;
}

/** The attention of each layer: what was asked for, save in layers that the model itself restricts to a sliding window. */
export function attentionsOf(host: AttentionHost, options: LayersOptions) {
  const { attention, capacity, share } = options;
  const { tokens, together } = reachOf(host, options);
  const sliding = new Map<number, Attention>();
  const ofWindow = (window: number): Attention => {
    const known = sliding.get(window) ?? new DenseAttention(host, { capacity, tokens, reach: window });
    sliding.set(window, known);
    return known;
  };
  // In windowed attention it serves chunks that see everything, which end within global + local.
  const reached = attention.kind === "dense" ? capacity : Math.min(capacity, attention.global + attention.local);
  const everything = () => new DenseAttention(host, { capacity: reached, tokens, reach: reached });
  const windowed =
    attention.kind === "dense"
      ? undefined
      : new WindowedAttention(host, attention, { capacity, together, share }, everything());
  const usual = windowed ?? (share ? new ShardedDense(host, capacity, share, everything()) : everything());
  const attentions = host.config.layerKinds.map(({ window }: LayerKind) =>
    window !== undefined && window < capacity ? ofWindow(window) : usual,
  );
  return { attentions, windowed };
}

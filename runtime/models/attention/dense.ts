import type { Allocator } from "../../device/allocations.js";
import type { Device, DeviceBuffer } from "../../device/device.js";
import { decodeAttentionTiles, prefillAttentionTiles, splitsOf } from "../../kernels/attention/tiles.js";
import type { ModelKernels } from "../../kernels/loaded.js";
import { cdiv } from "../../tiling.js";
import type { ModelConfig } from "../config.js";
import { rowBytes, type Sizes, sizesOf } from "../sizes.js";
import type { Attention, AttentionLayer, Chunk } from "./attention.js";

/** What attention runs on: a model's kernels, and its part of a device's memory. */
export interface AttentionHost {
  readonly device: Device;
  readonly memory: Pick<Allocator, "alloc">;
  readonly kernels: ModelKernels;
  readonly config: ModelConfig;
}

export interface DenseOptions {
  /** Tokens that the cache may hold, and tokens of a chunk at the most. */
  readonly capacity: number;
  readonly tokens: number;
  /** Keys that a query sees at the most, itself included: a sliding window (arXiv 2004.05150), or the capacity. */
  readonly reach: number;
}

/** Scratch of a decode step's splits; one serves all layers, since they take turns. */
type Splits = Readonly<Record<"partial" | "peak" | "total" | "finished", DeviceBuffer>>;

/** Every token sees all before it, or the last `reach` of them. */
export class DenseAttention implements Attention {
  readonly #host: AttentionHost;
  readonly #options: DenseOptions;
  readonly #sizes: Sizes;
  readonly #tiles: ReturnType<typeof decodeAttentionTiles>;
  readonly #splits: Splits;
  /** bf16 [positions, KV heads · D]: a layer's keys with their rotation, for a chunk. */
  readonly #window: DeviceBuffer;

  constructor(host: AttentionHost, options: DenseOptions) {
    const { device, memory, config } = host;
    const { capacity, tokens, reach } = options;
    this.#host = host;
    this.#options = options;
    this.#sizes = sizesOf(config);
    this.#tiles = decodeAttentionTiles(device.traits.tiles, this.#sizes, Math.min(capacity, reach));
    const cells = config.heads * this.#tiles.SPLITS;
    const finished = memory.alloc(config.kvHeads * 4);
    device.fill(finished, 0);
    this.#splits = {
      partial: memory.alloc(cells * config.headSize * 4),
      peak: memory.alloc(cells * 4),
      total: memory.alloc(cells * 4),
      finished,
    };
    this.#window = memory.alloc(Math.min(capacity, reach + tokens) * rowBytes(config));
  }

  token({ cache, rotary, position }: AttentionLayer, q: DeviceBuffer, out: DeviceBuffer): void {
    const { kernels, config, device } = this.#host;
    const { G, GM, D, DP, HALF, HALFP, scale, cap, CAP } = this.#sizes;
    const splits = splitsOf(this.#tiles.SPLITS, device.processors, config.kvHeads);
    kernels.decodeAttention.launch([config.kvHeads, splits], {
      ...{ q, keys: cache.keys, values: cache.values, ...rotary, position, ...this.#splits, out },
      ...{ scale, cap, kvHeads: config.kvHeads, reach: this.#options.reach },
      ...{ G, GM, GP: Math.max(device.traits.matrixRows, GM), D, DP, HALF, HALFP, ...this.#tiles, CAP },
    });
  }

  chunk({ cache, rotary }: AttentionLayer, qkv: DeviceBuffer, { count, past }: Chunk, out: DeviceBuffer): void {
    const { kernels, config, device } = this.#host;
    const { heads, kvHeads, headSize } = config;
    const { G, D, DP, HALF, HALFP, HP, KVP, scale, cap, CAP, qkvRows, attention } = this.#sizes;
    const { keys, values } = cache;
    kernels.rotateAppend.launch([count], {
      ...{ qkv, keys, values, ...rotary, firstPosition: past, scale, heads, kvHeads },
      ...{ HP, KVP, D, DP, HALF, HALFP },
    });
    const { capacity, reach } = this.#options;
    // What no query of the chunk sees any more is not rotated again.
    const first = Math.max(0, past + 1 - reach);
    const length = past + count - first;
    const skipped = first * rowBytes(config);
    kernels.rotateKeys.launch([length], {
      ...{ keys: keys.view(skipped), window: this.#window, ...rotary, firstPosition: first, kvHeads },
      ...{ KVP, HALF, HALFP },
    });
    const SLIDES = reach < capacity;
    const tiles = prefillAttentionTiles(device, { DP, CAP, SLIDES });
    const seen = { shape: [length, kvHeads, headSize], strides: [kvHeads * headSize, headSize, 1] };
    kernels.prefillAttention.launch([heads, cdiv(count, tiles.BM)], {
      q: { buffer: qkv, shape: [count, heads * headSize], strides: [qkvRows, 1] },
      keys: { buffer: this.#window, ...seen },
      values: { buffer: values.view(skipped), ...seen },
      ...{ out, queries: count, past: past - first, reach, outRow: attention, group: G, cap },
      ...{ D, DP, ...tiles, CAP, SLIDES },
    });
  }
}

import type { DeviceBuffer } from "../device/device.js";
import { cdiv } from "../tiling.js";
import { groupRows, type HalfType, type Heads, headConstants, type KernelRunner, tilesFor } from "./kernel-runner.js";
import type { Cache, Votes } from "./votes.js";

export interface Rotary {
  readonly cosine: DeviceBuffer;
  readonly sine: DeviceBuffer;
}

export interface LayerKeys {
  /** [tokens, KV heads · D], keys without positions. */
  readonly keys: DeviceBuffer;
  readonly values: DeviceBuffer;
}

export interface WindowOptions extends Heads {
  /** Most tokens of a window, and most chunks at once (default: 1). */
  readonly window: number;
  readonly chunks?: number;
  readonly dtype?: HalfType;
}

/** Attention to the window that `Votes` chose, with positions renumbered. Queues kernels and waits for nothing. */
export class WindowAttention {
  readonly options: WindowOptions;
  readonly #runner: KernelRunner;
  /** Rows of a gathered window: whole blocks, so that what attention reads behind the window is zero. */
  readonly #windowRows: number;
  readonly #gathered: LayerKeys;
  /** Partial results of a decode step: allocated ahead, so that it can be captured. */
  readonly #splits: Record<"partial" | "peak" | "total" | "finished", DeviceBuffer>;

  constructor(runner: KernelRunner, options: WindowOptions) {
    this.#runner = runner;
    this.options = options;
    const { heads, kvHeads, headSize, chunks = 1 } = options;
    const { device, memory } = runner;
    const { decode, prefill, gather } = tilesFor(device);
    this.#splits = this.#allocSplits(heads * decode.SPLITS, headSize);
    const block = Math.max(prefill.BN, gather.BP);
    this.#windowRows = cdiv(options.window, block) * block;
    const bytes = chunks * this.#windowRows * kvHeads * headSize * 2;
    this.#gathered = { keys: memory.alloc(bytes), values: memory.alloc(bytes) };
  }

  /**
   * One token's attention into `out`, f32 [heads · D], through the list of selected positions; `q` is f32 [heads · D] without position.
   * `scale` is log2(e) / √D, as scores are kept in base 2.
   */
  decode(
    q: DeviceBuffer,
    { keys, values }: LayerKeys,
    { selected, window }: Votes,
    { position, global, local }: Cache,
    { cosine, sine }: Rotary,
    scale: number,
    out: DeviceBuffer,
  ): void {
    const { device } = this.#runner;
    const { kvHeads, dtype = "bf16" } = this.options;
    const { G, GM, D, DP, HALF, HALFP } = headConstants(this.options);
    const { SPLITS, BN } = tilesFor(device).decode;
    this.#runner.run("reattentionDecode", [kvHeads, SPLITS], {
      ...{ q, keys, values, cosine, sine, selected, window, position, ...this.#splits, out },
      ...{ scale, global, local, kvHeads, T: dtype },
      ...{ G, GM, GP: groupRows(this.options, device), D, DP, HALF, HALFP, SPLITS, BN },
    });
  }

  /**
   * Attention of chunks into `out` [queries, heads · D]. `q` [queries, rows of `qRow`], without positions, is rotated in place; each chunk's
   * window of keys and values is gathered first.
   */
  prefill(
    q: DeviceBuffer,
    qRow: number,
    { keys, values }: LayerKeys,
    { selected, window, room }: Votes,
    { position, added: queries, chunk = queries, global, local }: Cache,
    { cosine, sine }: Rotary,
    scale: number,
    out: DeviceBuffer,
  ): void {
    const { device } = this.#runner;
    const { heads, kvHeads, headSize, dtype: T = "bf16" } = this.options;
    const { G, D, DP, HALF, HALFP, HP, KVP } = headConstants(this.options);
    const tiles = tilesFor(device);
    const { BM, BN } = tiles.prefill;
    const { BP } = tiles.gather;
    const chunks = cdiv(queries, chunk);
    const windowRows = this.#windowRows;
    const { keys: windowKeys, values: windowValues } = this.#gathered;
    this.#runner.run("reattentionGather", [windowRows / BP, chunks], {
      ...{ keys, values, selected, window, position, cosine, sine, windowKeys, windowValues },
      ...{ queries, chunk, room, global, local, kvHeads, T, BP, KVP, HALF, HALFP },
    });
    this.#runner.run("reattentionRotate", [queries], {
      ...{ q, window, cosine, sine, queries, chunk, qRow, scale, heads, T, HP, HALF, HALFP },
    });
    const gathered = { shape: [chunks * windowRows, kvHeads, headSize], strides: [kvHeads * headSize, headSize, 1] };
    this.#runner.run("reattentionPrefill", [cdiv(chunk, BM), heads, chunks], {
      q: { buffer: q, shape: [queries, heads, headSize], strides: [qRow, headSize, 1] },
      keys: { buffer: windowKeys, ...gathered },
      values: { buffer: windowValues, ...gathered },
      ...{ window, out, queries, chunk, windowRows, outRow: heads * headSize, group: G, T, BM, BN, D, DP },
    });
  }

  #allocSplits(cells: number, headSize: number) {
    const { device, memory } = this.#runner;
    const finished = memory.alloc(this.options.kvHeads * 4);
    device.fill(finished, 0);
    return {
      partial: memory.alloc(cells * headSize * 4),
      peak: memory.alloc(cells * 4),
      total: memory.alloc(cells * 4),
      finished,
    };
  }
}

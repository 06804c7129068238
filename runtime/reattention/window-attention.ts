import type { DeviceBuffer } from "../device/device.js";
import { combinedPart, type Heads, headConstants } from "../kernels/attention/heads.js";
import { splitsOf } from "../kernels/attention/tiles.js";
import { type Width, widthOf } from "../kernels/reattention/tiles.js";
import { cdiv } from "../tiling.js";
import { groupRows, type HalfType, type KernelRunner, tilesFor } from "./kernel-runner.js";
import type { Cache, Votes } from "./votes.js";

/** Cosines and sines of positions' angles, f32 [positions, D/2] each, and from one position's to the next one's; 0 where nothing rotates. */
export interface Rotary {
  readonly cosine: DeviceBuffer;
  readonly sine: DeviceBuffer;
  readonly rotaryRow: number;
}

/** How scores are made of q · k: multiplied by `scale`, then bent towards `cap` where there is one; both in base 2. */
export interface Scores {
  readonly scale: number;
  readonly cap: number;
  readonly CAP: boolean;
}

export interface LayerKeys {
  /** [tokens, KV heads · D], keys without positions. */
  readonly keys: DeviceBuffer;
  readonly values: DeviceBuffer;
}

/** A token's attention to a layer's keys. */
export interface TokenAttention extends LayerKeys {
  readonly q: DeviceBuffer;
  readonly rotary: Rotary;
  readonly scores: Scores;
  readonly out: DeviceBuffer;
}

/** What a decision takes for the attention beside it (kernels/reattention/beside.ts). */
export type Beside = ReturnType<WindowAttention["beside"]>;

export interface WindowOptions extends Heads {
  /** Most tokens of a window, and most chunks at once (default: 1). */
  readonly window: number;
  readonly chunks?: number;
  readonly dtype?: HalfType;
  /** Middles from which on local tokens are attended to beside a decision, and keys in 8 bits looked at. Default: where that is faster. */
  readonly longFrom?: number;
}

/** Attention to the window that `Votes` chose, with positions renumbered. Queues kernels and waits for nothing. */
export class WindowAttention {
  readonly options: WindowOptions;
  readonly #width: Width;
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
    this.#width = widthOf(headConstants(options).DP);
    this.#splits = this.#allocSplits(heads * decode[this.#width].SPLITS, headSize);
    const block = Math.max(prefill[this.#width].BN, gather.BP);
    this.#windowRows = cdiv(options.window, block) * block;
    const bytes = chunks * this.#windowRows * kvHeads * headSize * 2;
    this.#gathered = { keys: memory.alloc(bytes), values: memory.alloc(bytes) };
  }

  /**
   * What a decision of one token takes to attend to the `local` last tokens beside it, where the middle is long; `decode` with the same has to
   * follow. `q` is f32 [heads · D] without position.
   */
  beside({ q, values, rotary, scores }: TokenAttention, { local }: Pick<Cache, "local">) {
    const { device } = this.#runner;
    const { heads, kvHeads } = this.options;
    const { G, GP, D, DP, HALF, HALFP, SPLITS, BN } = this.#constants;
    const { partial, peak, total } = this.#splits;
    return {
      ...{ q, values, ...rotary, ...scores, partial, peak, total, longFrom: this.#longFrom },
      ...{ G, GP, D, DP, HALF, HALFP, SPLITS, BN },
      // Behind the decision's programs, so many are on the device at once. The other splits are for what comes before.
      splits: Math.min(cdiv(local, BN), splitsOf(SPLITS / 2, device.processors, kvHeads, heads)),
    };
  }

  /**
   * One token's attention into `out`, f32 [heads · D], through the list of selected positions: to what comes before the local tokens, where those were attended to
   * `beside` the decision.
   */
  decode(
    { q, keys, values, rotary, scores, out }: TokenAttention,
    { selected, window }: Votes,
    { position, global, local }: Cache,
    beside?: Beside,
  ): void {
    const { device, kernels } = this.#runner;
    const { kvHeads, dtype = "bf16" } = this.options;
    const { SPLITS } = tilesFor(device).decode[this.#width];
    kernels.reattentionDecode.launch([kvHeads, splitsOf(SPLITS, device.processors, kvHeads)], {
      ...{
        ...this.#constants,
        ...this.#splits,
        ...rotary,
        ...scores,
        q,
        keys,
        values,
        selected,
        window,
        position,
        out,
      },
      ...{ global, local, kvHeads, T: dtype, beside: beside?.splits ?? 0, longFrom: this.#longFrom },
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
    { cosine, sine, rotaryRow }: Rotary,
    { scale, cap, CAP }: Scores,
    out: DeviceBuffer,
    outRow: number = this.options.heads * this.options.headSize,
  ): void {
    const { device, kernels } = this.#runner;
    const { heads, kvHeads, headSize, dtype: T = "bf16" } = this.options;
    const { G, D, DP, HALF, HALFP, HP, KVP } = headConstants(this.options);
    const tiles = tilesFor(device);
    const { BM, BN } = tiles.prefill[this.#width];
    const { BP } = tiles.gather;
    const chunks = cdiv(queries, chunk);
    const windowRows = this.#windowRows;
    const { keys: windowKeys, values: windowValues } = this.#gathered;
    kernels.reattentionGather.launch([windowRows / BP, chunks], {
      ...{ keys, values, selected, window, position, cosine, sine, windowKeys, windowValues },
      ...{ queries, chunk, room, global, local, kvHeads, rotaryRow, T, BP, KVP, HALF, HALFP },
    });
    kernels.reattentionRotate.launch([queries], {
      ...{ q, window, cosine, sine, queries, chunk, qRow, scale, heads, rotaryRow, T, HP, HALF, HALFP },
    });
    const gathered = { shape: [chunks * windowRows, kvHeads, headSize], strides: [kvHeads * headSize, headSize, 1] };
    kernels.reattentionPrefill.launch([cdiv(chunk, BM), heads, chunks], {
      q: { buffer: q, shape: [queries, heads, headSize], strides: [qRow, headSize, 1] },
      keys: { buffer: windowKeys, ...gathered },
      values: { buffer: windowValues, ...gathered },
      ...{ window, out, queries, chunk, windowRows, outRow, group: G, cap, T, BM, BN, D, DP, CAP },
    });
  }

  get #longFrom(): number {
    return this.options.longFrom ?? tilesFor(this.#runner.device).longFrom;
  }

  /** Of attention of one token. */
  get #constants() {
    const { device } = this.#runner;
    const { G, GM, D, DP, HALF, HALFP } = headConstants(this.options);
    const { SPLITS, BN } = tilesFor(device).decode[this.#width];
    const PART = combinedPart(SPLITS, { GM, DP });
    return { G, GM, GP: groupRows(this.options, device), D, DP, HALF, HALFP, SPLITS, PART, BN };
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

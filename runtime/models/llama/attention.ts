import type { DeviceBuffer } from "../../device/device.js";
import type { ReAttention, StreamingAttention } from "../../reattention/attention-options.js";
import type { Heads } from "../../reattention/kernel-runner.js";
import { windowSize } from "../../reattention/limits.js";
import { Retrieval } from "../../reattention/retrieval.js";
import { type Cache, Votes, WINDOW_ROW } from "../../reattention/votes.js";
import { type Rotary, WindowAttention } from "../../reattention/window-attention.js";
import type { KernelLauncher } from "./launcher.js";
import { scoreScale } from "./score-scale.js";
import type { DecodeState, LayerCache } from "./state.js";

export type WindowedAttention = ReAttention | StreamingAttention;

/** q, k and v of chunks as they come from the product, bf16 [tokens, rows of `row` elements], q first and without position. */
export interface Projected {
  readonly qkv: DeviceBuffer;
  readonly row: number;
  readonly count: number;
  /** Tokens before them. */
  readonly past: number;
}

/**
 * Attention over [global | selected | local] of the cache (arXiv 2407.15176): in each layer the queries pick keys of the middle, the picks
 * vote, and ordinary attention follows over the window that comes out. Streaming is the same with nothing selected.
 */
export class WindowedLayers {
  readonly options: WindowedAttention;
  /** Chunks of a prompt that are read at a time. */
  readonly together: number;
  readonly #heads: Heads;
  readonly #position: DeviceBuffer;
  /** For one token of a decode step, and for a chunk: what they keep between kernels grows with the queries. */
  readonly #scan: Retrieval | undefined;
  readonly #stream: Retrieval | undefined;
  readonly #votes: Votes;
  readonly #window: WindowAttention;
  readonly #rotary: Rotary;
  readonly #layers: number;
  /** i32 [layers, positions that a layer selects at the most] and [layers]: what each layer selected when it was kept, and how many. */
  readonly #selections: DeviceBuffer;
  readonly #counts: DeviceBuffer;

  constructor(
    launcher: KernelLauncher,
    { layers, ...heads }: Heads & { readonly layers: number },
    options: WindowedAttention,
    { capacity, together }: { readonly capacity: number; readonly together: number },
    rotary: Rotary,
    { position }: DecodeState,
  ) {
    const picked = options.kind === "reattention";
    const topK = picked ? options.topK : 0;
    this.options = options;
    this.together = together;
    this.#heads = heads;
    this.#position = position;
    this.#rotary = rotary;
    const middle = Math.max(0, capacity - options.global - options.local);
    const retrieval = (queries: number, chunks: number) =>
      picked ? new Retrieval(launcher, { ...heads, topK, queries, chunks, middle }) : undefined;
    this.#scan = retrieval(1, 1);
    this.#stream = retrieval(options.chunk, together);
    const { clip, span } = picked ? options : { clip: 1, span: 2 };
    this.#layers = layers;
    this.#votes = new Votes(launcher, {
      clip,
      span,
      picks: heads.heads * options.chunk * Math.max(1, topK),
      chunks: together,
    });
    this.#selections = launcher.memory.alloc(layers * this.#votes.room * 4);
    this.#counts = launcher.memory.alloc(layers * 4);
    this.#window = new WindowAttention(launcher, { ...heads, window: windowSize(options), chunks: together });
  }

  /** One token's attention into `out`, f32 [heads · D], for q f32 [heads · D] without position. Capturable. */
  decode(q: DeviceBuffer, cache: LayerCache, out: DeviceBuffer): void {
    const { heads, headSize } = this.#heads;
    const seen = this.#cache(1);
    if (this.#scan) this.#scan.scan({ q, count: 1, qRow: heads * headSize }, cache.keys, seen, this.#votes);
    else this.#choose(undefined, seen);
    this.#window.decode(q, cache, this.#votes, seen, this.#rotary, scoreScale(headSize), out);
  }

  /**
   * Attention of chunks into `out`, bf16 [tokens, heads · D]; their keys are in the cache. `position` on the device is `past`. All chunks take a
   * step together: none depends on another's attention in the same layer.
   */
  prefill({ qkv, row, count, past }: Projected, cache: LayerCache, out: DeviceBuffer): void {
    const seen = this.#cache(count);
    const { global, local, chunk } = seen;
    this.#stream?.stream({ q: qkv, count, qRow: row }, cache.keys, global, past + count - global - local, chunk);
    this.#choose(this.#stream, seen);
    const scale = scoreScale(this.#heads.headSize);
    this.#window.prefill(qkv, row, cache, this.#votes, seen, this.#rotary, scale, out);
  }

  /** Positions of the windows that were kept, ascending, one list a layer, for a cache that held `total` tokens. Waits for the device. */
  async kept(total: number): Promise<Int32Array[]> {
    const { global, local } = this.options;
    const { device } = this.#selections;
    const { room } = this.#votes;
    const lists = new Int32Array(this.#layers * room);
    const counts = new Int32Array(this.#layers);
    await device.read(this.#selections, lists);
    await device.read(this.#counts, counts);
    const before = Array.from({ length: global }, (_, index) => index);
    const behind = Array.from({ length: local }, (_, index) => total - local + index);
    return Array.from(counts, (count, layer) =>
      Int32Array.from([...before, ...lists.subarray(layer * room, layer * room + count), ...behind]),
    );
  }

  /** Keeps what a layer has just selected for the last of `count` queries. */
  keep(layer: number, count: number): void {
    const { selected, window, room } = this.#votes;
    const { device } = this.#selections;
    const bytes = room * 4;
    const last = Math.ceil(count / this.options.chunk) - 1;
    device.copy(this.#selections.view(layer * bytes, bytes), selected.view(last * bytes, bytes), bytes);
    device.copy(this.#counts.view(layer * 4, 4), window.view(last * WINDOW_ROW * 4, 4), 4);
  }

  #choose(retrieval: Retrieval | undefined, seen: Cache): void {
    const { kept } = this.#votes;
    const nothing = { picks: kept, counts: kept, countRow: 0 };
    const perQuery = retrieval ? this.#heads.heads * retrieval.options.topK : 0;
    this.#votes.choose(retrieval ?? nothing, perQuery, seen);
  }

  #cache(added: number): Cache {
    const { global, local, chunk } = this.options;
    return { position: this.#position, added, chunk: Math.min(chunk, added), global, local };
  }
}

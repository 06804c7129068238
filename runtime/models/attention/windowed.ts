import type { DeviceBuffer } from "../../device/device.js";
import type { ReAttention, StreamingAttention } from "../../reattention/attention-options.js";
import { windowSize } from "../../reattention/limits.js";
import { type QuantizedKeys, Retrieval } from "../../reattention/retrieval.js";
import { type Cache, Votes, WINDOW_ROW } from "../../reattention/votes.js";
import { WindowAttention } from "../../reattention/window-attention.js";
import { type Sizes, sizesOf } from "../sizes.js";
import type { Attention, AttentionLayer, Chunk } from "./attention.js";
import type { AttentionHost } from "./dense.js";

/** Bytes between the numbers of two layers, as kernels like their buffers to begin. */
const EXACT_ROW = 16;

export type WindowedOptions = ReAttention | StreamingAttention;

/**
 * Attention over [global | selected | local] of the cache (arXiv 2407.15176): in each layer the queries pick keys of the middle, the picks
 * vote, and ordinary attention follows over the window that comes out. Streaming is the same with nothing selected.
 */
export class WindowedAttention implements Attention {
  readonly options: WindowedOptions;
  /** Chunks of a prompt that are read at a time. */
  readonly together: number;
  readonly #host: AttentionHost;
  readonly #sizes: Sizes;
  /** For chunks that see everything before them. */
  readonly #whole: Attention;
  /** For one token of a decode step, and for a chunk: what they keep between kernels grows with the queries. */
  readonly #scan: Retrieval | undefined;
  readonly #stream: Retrieval | undefined;
  readonly #votes: Votes;
  readonly #window: WindowAttention;
  /** i32 [layers, positions that a layer selects at the most] and [layers]: what each layer selected when it was kept, and how many. */
  readonly #selections: DeviceBuffer;
  readonly #counts: DeviceBuffer;
  /** i32, one a layer, apart: `exactSteps` of QuantizedKeys. */
  readonly #exactSteps: DeviceBuffer;

  constructor(
    host: AttentionHost,
    options: WindowedOptions,
    { capacity, together }: { readonly capacity: number; readonly together: number },
    whole: Attention,
  ) {
    const { config, memory } = host;
    const picked = options.kind === "reattention";
    const topK = picked ? options.topK : 0;
    this.options = options;
    this.together = together;
    this.#host = host;
    this.#sizes = sizesOf(config);
    this.#whole = whole;
    const middle = Math.max(0, capacity - options.global - options.local);
    const retrieval = (queries: number, chunks: number) =>
      picked ? new Retrieval(host, { ...config, topK, queries, chunks, middle }) : undefined;
    this.#scan = retrieval(1, 1);
    this.#stream = retrieval(options.chunk, together);
    const { clip, span } = picked ? options : { clip: 1, span: 2 };
    this.#votes = new Votes(host, {
      clip,
      span,
      picks: config.heads * options.chunk * Math.max(1, topK),
      chunks: together,
    });
    this.#selections = memory.alloc(config.layers * this.#votes.room * 4);
    this.#counts = memory.alloc(config.layers * 4);
    this.#exactSteps = memory.alloc(config.layers * EXACT_ROW);
    for (const buffer of [this.#counts, this.#exactSteps]) host.device.fill(buffer, 0);
    this.#window = new WindowAttention(host, { ...config, window: windowSize(options), chunks: together });
  }

  token(layer: AttentionLayer, q: DeviceBuffer, out: DeviceBuffer): void {
    const { cache, rotary } = layer;
    const { keys, values } = cache;
    const { scale, cap, CAP, qRows } = this.#sizes;
    const token = { q, keys, values, rotary, scores: { scale, cap, CAP }, out };
    const seen = this.#cache(layer, 1);
    const beside = this.#window.beside(token, seen);
    const choice = { votes: this.#votes, beside, quantized: this.#quantized(layer) };
    const isBeside = this.#scan?.scan({ q, count: 1, qRow: qRows }, keys, seen, choice);
    if (!this.#scan) this.#choose(undefined, seen);
    this.#window.decode(token, this.#votes, seen, isBeside ? beside : undefined);
  }

  /** All chunks take a step together: none depends on another's attention in the same layer. */
  chunk(layer: AttentionLayer, qkv: DeviceBuffer, chunk: Chunk, out: DeviceBuffer): void {
    if (!chunk.selects) {
      this.#whole.chunk(layer, qkv, chunk, out);
      this.quantize(layer, chunk.past, chunk.count);
      return;
    }
    const { kernels, config } = this.#host;
    const { heads, kvHeads } = config;
    const { KVP, D, DP, qkvRows, attention } = this.#sizes;
    const { cache, rotary, index } = layer;
    const { count, past, last } = chunk;
    const { keys, values } = cache;
    kernels.appendCache.launch([count], { qkv, keys, values, firstPosition: past, heads, kvHeads, KVP, D, DP });
    this.quantize(layer, past, count);
    const seen = this.#cache(layer, count);
    const { global, local } = seen;
    this.#stream?.stream({ q: qkv, count, qRow: qkvRows }, keys, global, past + count - global - local, seen.chunk);
    this.#choose(this.#stream, seen);
    this.#window.prefill(qkv, qkvRows, cache, this.#votes, seen, rotary, this.#sizes, out, attention);
    // The next layer selects in the same place.
    if (last) this.#keep(index, count);
  }

  /** Quantizes a layer's keys from token `first` on, for the decode steps that follow; only those of layers that keep them so. */
  quantize(layer: AttentionLayer, first: number, count: number): void {
    const quantized = this.#quantized(layer);
    if (quantized) this.#scan?.quantize(layer.cache.keys, quantized, first, count);
  }

  /** Positions of the windows that were kept, ascending, one list a layer, for a cache that held `total` tokens. Waits for the device. */
  async kept(total: number): Promise<Int32Array[]> {
    const { global, local } = this.options;
    const { device, config } = this.#host;
    const { room } = this.#votes;
    const lists = new Int32Array(config.layers * room);
    const counts = new Int32Array(config.layers);
    await device.read(this.#selections, lists);
    await device.read(this.#counts, counts);
    const before = Array.from({ length: global }, (_, index) => index);
    const behind = Array.from({ length: local }, (_, index) => total - local + index);
    return Array.from(counts, (count, layer) =>
      Int32Array.from([...before, ...lists.subarray(layer * room, layer * room + count), ...behind]),
    );
  }

  #quantized({ cache: { codes, bounds }, index }: AttentionLayer): QuantizedKeys | undefined {
    return codes && bounds && { codes, bounds, exactSteps: this.#exactSteps.view(index * EXACT_ROW, 4) };
  }

  /** Keeps what a layer has just selected for the last of `count` queries. */
  #keep(layer: number, count: number): void {
    const { selected, window, room } = this.#votes;
    const { device } = this.#host;
    const bytes = room * 4;
    const last = Math.ceil(count / this.options.chunk) - 1;
    device.copy(this.#selections.view(layer * bytes, bytes), selected.view(last * bytes, bytes), bytes);
    device.copy(this.#counts.view(layer * 4, 4), window.view(last * WINDOW_ROW * 4, 4), 4);
  }

  #choose(retrieval: Retrieval | undefined, seen: Cache): void {
    const { kept } = this.#votes;
    const nothing = { picks: kept, counts: kept, countRow: 0 };
    const perQuery = retrieval ? this.#host.config.heads * retrieval.options.topK : 0;
    this.#votes.choose(retrieval ?? nothing, perQuery, seen);
  }

  #cache({ position }: AttentionLayer, added: number): Cache & { readonly chunk: number } {
    const { global, local, chunk } = this.options;
    return { position, added, chunk: Math.min(chunk, added), global, local };
  }
}

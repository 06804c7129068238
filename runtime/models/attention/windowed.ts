import type { DeviceBuffer } from "../../device/device.js";
import { ShardedRetrieval } from "../../parallel/sharded-retrieval.js";
import type { Share } from "../../parallel/share.js";
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

/** Sizes, and where one sequence is dealt to several ranks, what this one is told of the others. */
interface Around {
  readonly capacity: number;
  readonly together: number;
  readonly share?: Share | undefined;
}

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
  readonly #scan: Retrieval | ShardedRetrieval | undefined;
  readonly #stream: Retrieval | ShardedRetrieval | undefined;
  /** The first layer that attends so: what a step's layers have in common is queued there. */
  readonly #first: number;
  readonly #votes: Votes;
  readonly #window: WindowAttention;
  /** i32 [layers, positions that a layer selects at the most] and [layers]: what each layer selected when it was kept, and how many. */
  readonly #selections: DeviceBuffer;
  readonly #counts: DeviceBuffer;
  /** i32, one a layer, apart: `exactSteps` of QuantizedKeys. */
  readonly #exactSteps: DeviceBuffer;

  constructor(host: AttentionHost, options: WindowedOptions, { capacity, together, share }: Around, whole: Attention) {
    const { config, memory } = host;
    const picked = options.kind === "reattention";
    const topK = picked ? options.topK : 0;
    this.options = options;
    this.together = together;
    this.#host = host;
    this.#sizes = sizesOf(config);
    this.#whole = whole;
    const middle = Math.max(0, capacity - options.global - options.local);
    const retrieval = (queries: number, chunks: number) => {
      const asked = { ...config, topK, queries, chunks, middle };
      if (picked) return share ? new ShardedRetrieval(host, asked, share) : new Retrieval(host, asked);
    };
    this.#first = config.layerKinds.findIndex(({ window }) => window === undefined || window >= capacity);
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
    const queries = { q, count: 1, qRow: qRows };
    let isBeside = false;
    if (this.#scan instanceof ShardedRetrieval) {
      if (layer.index === this.#first) this.#scan.begin(seen);
      const dealt = { own: cache.own!, whole: keys };
      this.#scan.deal(dealt, { position: seen.position, first: 0, count: 1 });
      isBeside = this.#scan.scan(queries, dealt, seen, choice);
    } else if (this.#scan) isBeside = this.#scan.scan(queries, keys, seen, choice);
    else this.#choose(undefined, seen);
    this.#window.decode(token, this.#votes, seen, isBeside ? beside : undefined);
  }

  /** All chunks take a step together: none depends on another's attention in the same layer. */
  chunk(layer: AttentionLayer, qkv: DeviceBuffer, chunk: Chunk, out: DeviceBuffer): void {
    if (!chunk.selects) {
      this.#whole.chunk(layer, qkv, chunk, out);
      this.appended(layer, chunk.past, chunk.count);
      return;
    }
    const { kernels, config } = this.#host;
    const { heads, kvHeads } = config;
    const { KVP, D, DP, qkvRows, attention } = this.#sizes;
    const { cache, rotary, index } = layer;
    const { count, past, last } = chunk;
    const { keys, values } = cache;
    kernels.appendCache.launch([count], { qkv, keys, values, firstPosition: past, heads, kvHeads, KVP, D, DP });
    this.appended(layer, past, count);
    const seen = this.#cache(layer, count);
    const { global, local } = seen;
    const passed = cache.own ?? keys;
    this.#stream?.stream({ q: qkv, count, qRow: qkvRows }, passed, global, past + count - global - local, seen.chunk);
    this.#choose(this.#stream, seen);
    this.#window.prefill(qkv, qkvRows, cache, this.#votes, seen, rotary, this.#sizes, out, attention);
    // The next layer selects in the same place.
    if (last) this.#keep(index, count);
  }

  /**
   * Makes what is kept of a layer's keys beside them, from token `first` on: in 8 bits for the decode steps that follow, in layers that keep them so, or
   * those that this rank owns.
   */
  appended(layer: AttentionLayer, first: number, count: number): void {
    const { keys, own } = layer.cache;
    const quantized = this.#quantized(layer);
    if (this.#scan instanceof ShardedRetrieval) this.#scan.deal({ own: own!, whole: keys }, { first, count });
    else if (quantized) this.#scan?.quantize(keys, quantized, first, count);
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

  #choose(retrieval: Retrieval | ShardedRetrieval | undefined, seen: Cache): void {
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

import type { DescriptorArgument, Device, DeviceBuffer } from "../device/device.js";
import { type Heads, headConstants } from "../kernels/attention/heads.js";
import { CANDIDATES, type ReAttentionTiles, SLOTS, SORTED, widthOf } from "../kernels/reattention/tiles.js";
import { cdiv } from "../tiling.js";
import { AttentionError } from "./errors.js";
import { type HalfType, type KernelRunner, tilesFor } from "./kernel-runner.js";
import type { Cache, Votes } from "./votes.js";
import type { Beside } from "./window-attention.js";

export interface RetrievalOptions extends Heads {
  /** Keys that each query of each head picks, 1 to 32. */
  readonly topK: number;
  /** Most queries of a chunk, most chunks at once (default: 1), most queries of a scan (default: 1), and most tokens of a middle. */
  readonly queries: number;
  readonly chunks?: number;
  readonly scanQueries?: number;
  readonly middle: number;
  /** Dtype of keys. Default: bf16. */
  readonly dtype?: HalfType;
  /** The approximate pick of the paper's released kernel instead of the exact one: one candidate for 128 keys. */
  readonly byBlock?: boolean;
}

/** Queries without positions: [queries, rows of `qRow` elements], heads beside each other. */
export interface Queries {
  readonly q: DeviceBuffer;
  readonly count: number;
  readonly qRow: number;
}

/** Queries in chunks, and the keys that they pass over. */
interface Passed extends Queries {
  readonly keys: DeviceBuffer;
  readonly global: number;
  readonly length: number;
  readonly chunk: number;
  readonly candidates: Candidates | undefined;
}

/** Keys in 8 bits, as `reattentionQuantize` makes them, for the layer that they are of. */
export interface QuantizedKeys {
  /** i8 [tokens / TOGETHER, KV heads, TOGETHER, D] */
  readonly codes: DeviceBuffer;
  /** i32 [tokens / TOGETHER, KV heads, TOGETHER]: bits of scales and bounds, bf16 each. */
  readonly bounds: DeviceBuffer;
  /** i32 [1], zero at first: steps that read keys as they are, after one where bounds could not tell keys apart. */
  readonly exactSteps: DeviceBuffer;
}

/** How a step's window is chosen: what is attended to beside that, and the keys in 8 bits to pass over, which gives the same picks. The step's own are added. */
export interface Choice {
  readonly votes: Votes;
  readonly beside: Beside;
  readonly quantized?: QuantizedKeys;
}

/**
 * Where candidates are left instead of picks, where the keys are those that one of several ranks owns: their scores f64 and positions i32, [rows, topK]
 * each (kernels/parallel/candidates.ts). `skipped` tokens are before the middle, whoever owns them.
 */
export interface Candidates {
  readonly scores: DeviceBuffer;
  readonly positions: DeviceBuffer;
  readonly skipped: number;
  readonly rank: number;
  readonly ranks: number;
  readonly block: number;
}

/** The keys and the position of all ranks together, for what a step attends to beside its candidates: its last `seen` tokens. */
export interface OfAll {
  readonly whole: DeviceBuffer;
  readonly now: DeviceBuffer;
  readonly seen: number;
}

/** Bytes of a token's codes and bounds. There must be room for a multiple of TOGETHER tokens. */
export const quantizedBytes = ({ kvHeads, headSize }: Heads) => ({ codes: kvHeads * headSize, bounds: kvHeads * 4 });

/** Programs of a scan for each multiprocessor, and of a stream: two run at a time, and a scan of narrow heads likes more, shorter ones. */
const PROGRAMS = {
  scan: { narrow: 6, wide: 2, widest: 2 },
  scanQuantized: { narrow: 6, wide: 3, widest: 2 },
  stream: 2,
} as const;

/** Turns of a device's programs beyond the first that splits may make, and what share of its time is not worth another split. */
const MOST_TURNS = 8;
const IDLE = 0.03;

/** Rows of a KV head that a scan's smallest product has. */
const FEW_ROWS = 16;

/** Codes of a row that a product wants at least. */
const CODES = 32;

type ScanOptions = Heads & Pick<RetrievalOptions, "topK" | "byBlock" | "scanQueries">;

/** Whether a step has so few picks that one kernel makes them and chooses the window; those steps may pass over quantized keys. */
export function decidesAtOnce(
  device: Pick<Device, "traits">,
  { heads, kvHeads, topK, byBlock = false, scanQueries = 1 }: ScanOptions,
): boolean {
  const rows = (scanQueries * heads) / kvHeads;
  return topK <= SORTED && !byBlock && rows <= FEW_ROWS && heads * scanQueries * topK <= tilesFor(device).fewVotes.N;
}

/** Tokens from which on it pays to pass over quantized keys; Infinity where the steps have too many picks for that. */
export const quantizedFrom = (device: Pick<Device, "traits">, options: ScanOptions): number =>
  decidesAtOnce(device, options)
    ? Math.ceil(device.traits.quantizedFrom / (options.kvHeads * options.headSize))
    : Number.POSITIVE_INFINITY;

/**
 * The topK keys of the middle with the largest q · k, for every query of every head: exact, equal scores by position, NaN never. Queues
 * kernels and waits for nothing. Picks lie in `picks`, and are counted in `counts`, which `Votes` clears again.
 */
export class Retrieval {
  /** i32 [heads · queries, topK], positions from the middle's first token; −1 for none. Rows by chunk, KV head, query, head of the group. */
  readonly picks: DeviceBuffer;
  /** i32 [chunks, countRow], zero between uses: votes of each position of the middle. */
  readonly counts: DeviceBuffer;
  readonly countRow: number;
  readonly options: RetrievalOptions;
  readonly #runner: KernelRunner;
  readonly #tiles: ReAttentionTiles;
  /** Programs of a decision that are done, and rows that took long: zero between uses. */
  readonly #finished: DeviceBuffer;
  /** What a decision from quantized keys lists. */
  readonly #listed: DeviceBuffer | undefined;
  /** Maxima of a scan: allocated ahead, so that a scan can be captured. */
  readonly #maxima: { readonly parts: DeviceBuffer; readonly supers: DeviceBuffer };
  readonly #maximaRows: { readonly partRow: number; readonly superRow: number };
  /** What a stream's kernels hand on, as large as the longest so far wanted. */
  readonly #lists = new Map<string, DeviceBuffer>();

  constructor(runner: KernelRunner, options: RetrievalOptions) {
    this.#runner = runner;
    const { device, memory } = runner;
    this.#tiles = tilesFor(device);
    this.options = options;
    const { heads, queries, topK, middle, chunks = 1 } = options;
    this.picks = memory.alloc(heads * queries * chunks * topK * 4);
    this.countRow = cdiv(Math.max(middle, 1), 4) * 4;
    this.counts = memory.alloc(chunks * this.countRow * 4);
    this.#finished = memory.alloc(8);
    for (const buffer of [this.counts, this.#finished]) device.fill(buffer, 0);
    const { BN, SUPER, CLASSES } = this.#scanTiles;
    const blocks = cdiv(Math.max(middle, 1), BN);
    const [partRow, superRow] = [cdiv(blocks * CLASSES, 16) * 16, cdiv(blocks, SUPER)];
    const rows = heads * (options.scanQueries ?? 1);
    this.#listed = decidesAtOnce(device, options) ? memory.alloc(rows * 2 * SLOTS * 4) : undefined;
    this.#maximaRows = { partRow, superRow };
    this.#maxima = { parts: memory.alloc(rows * partRow * 4), supers: memory.alloc(rows * superRow * 4) };
  }

  /**
   * Picks of a decode step, in one graph for every length: the cache holds load(position) tokens before these queries. `q` is f32.
   * `keys` [tokens, KV heads · D] are without positions. With `votes` the window is chosen too. Says whether a token's local tokens have been
   * attended to, `beside` that.
   */
  scan(
    { q, count, qRow }: Queries,
    keys: DeviceBuffer,
    { position, global, local }: Omit<Cache, "added">,
    choice?: Choice,
    shared?: { readonly candidates: Candidates; readonly all: OfAll },
  ): boolean {
    const { heads, kvHeads, topK, dtype = "bf16", byBlock = false, scanQueries = 1 } = this.options;
    if (count > scanQueries)
      throw new AttentionError("queries", `${count} queries are scanned for`, `Give scanQueries of at least ${count}.`);
    const { G, D, DP } = headConstants(this.options);
    const { scanRows, supers, supersDeep } = this.#tiles;
    const { BN, SUPER, OUTER, CLASSES, INNER } = this.#scanTiles;
    const { superRow } = this.#maximaRows;
    const common = {
      ...{ q, keys, position, ...this.#maxima, ...this.#maximaRows, queries: count, qRow, global, local, kvHeads },
      ...{ T: dtype, G, D, DP, OUTER, CLASSES, INNER, SUPER },
    };
    const { kernels, device } = this.#runner;
    const { processors } = device;
    const grid = (each: number): [number, number] => [
      kvHeads,
      Math.max(1, Math.min(superRow, Math.floor((each * processors) / kvHeads))),
    ];
    const bounds = topK > SORTED || byBlock ? supersDeep : supers;
    const RP = smallest("queries", scanRows, scanQueries * G);
    const scored = {
      ...{ ...common, topK, KC: smallest("topK", CANDIDATES, topK + 4) },
      ...{ SUPERS: smallest("middle", bounds, superRow), ...this.#tiles.pick },
    };
    const pick = { ...scored, picks: this.picks, counts: this.counts };
    const few = decidesAtOnce(device, this.options) ? choice?.votes.few(heads * count * topK) : undefined;
    const decision = few && { ...pick, finished: this.#finished, ...few, ...choice!.beside };
    // Attention is one token's.
    const isBeside = decision !== undefined && count === 1;
    const programs = heads * count + (isBeside ? kvHeads * decision.splits : 0);
    const quantized = choice?.quantized;
    if (decision && quantized && this.#listed) {
      const { exactSteps } = quantized;
      const { longFrom } = decision;
      kernels.reattentionScanQuantized.launch(grid(PROGRAMS.scanQuantized[this.#width]), {
        ...{ ...common, ...quantized, longFrom, RP, BN },
        DP: Math.max(CODES, DP),
      });
      const listed = this.#listed;
      kernels.reattentionDecideQuantized.launch([programs], { ...decision, exactSteps, listed });
      return isBeside;
    }
    kernels.reattentionScan.launch(grid(PROGRAMS.scan[this.#width]), { ...common, RP, BN });
    if (shared && choice)
      kernels.reattentionCandidates.launch([programs], {
        ...{ ...scored, ...choice.beside, ...shared.candidates, ...shared.all },
      });
    else if (decision) kernels.reattentionDecide.launch([programs], decision);
    else {
      kernels.reattentionPick.launch([heads * count], pick);
      choice?.votes.choose(this, heads * topK, { position, added: count, global, local });
    }
    return isBeside;
  }

  /** Quantizes `count` of a layer's keys from token `first` on. */
  quantize(keys: DeviceBuffer, { codes, bounds }: QuantizedKeys, first: number, count: number): void {
    const { kvHeads, dtype = "bf16" } = this.options;
    const { D, DP } = headConstants(this.options);
    const { BT } = this.#tiles.quantize;
    this.#runner.kernels.reattentionQuantize.launch([cdiv(count, BT), kvHeads], {
      ...{ keys, codes, bounds, first, count, kvHeads, T: dtype, D, DP, BT },
    });
  }

  /**
   * Picks of `count` queries in the keys' dtype, in chunks of `chunk` (default: all in one), for a middle behind the first `global` tokens
   * that has `length` tokens for the last chunk. Each chunk before sees as many fewer as queries follow it.
   */
  stream(
    queries: Queries,
    keys: DeviceBuffer,
    global: number,
    length: number,
    chunk: number = queries.count,
    candidates?: Candidates,
  ): void {
    const { topK, byBlock = false } = this.options;
    const passed = { ...queries, keys, global, length, chunk, candidates };
    if (topK > SORTED && !byBlock) this.#streamParts(passed);
    else this.#streamLists(passed);
  }

  #streamLists(passed: Passed): void {
    const { heads, kvHeads, topK, byBlock = false } = this.options;
    const { count, length, chunk, candidates } = passed;
    const { BM, BN, ...classes } = byBlock ? this.#tiles.streamByBlock : this.#tiles.stream[this.#width];
    const each = classes.CLASSES * SORTED;
    const chunks = cdiv(count, chunk);
    const tiles = this.#tilesOf(chunk, BM);
    const bounds = byBlock ? this.#tiles.listsByBlock : this.#tiles.lists;
    const most = Math.min(cdiv(length, BN), Math.floor(bounds.at(-1)! / each));
    const splits = this.#splits(tiles * chunks, most);
    const lists = splits * each;
    const listBytes = heads * count * lists * 4;
    const [values, blocks] = [this.#scratch("values", listBytes), this.#scratch("blocks", listBytes)];
    const common = { ...this.#chunked(passed), ...classes, values, blocks };
    const { kernels } = this.#runner;
    kernels.reattentionStream.launch([tiles, splits, chunks], { ...common, keys: this.#tensor(passed), BM, BN });
    const scored = {
      ...{ ...common, keys: passed.keys, kvHeads, lists, topK, KC: smallest("topK", CANDIDATES, topK + 4) },
      ...{ LISTS: smallest("splits", bounds, lists), ...this.#tiles.pickStreamed },
    };
    const grid = [heads * chunk, chunks] as const;
    if (candidates) kernels.reattentionCandidatesStreamed.launch(grid, { ...scored, ...candidates });
    else
      kernels.reattentionPickStreamed.launch(grid, {
        ...{ ...scored, picks: this.picks, counts: this.counts, countRow: this.countRow },
      });
  }

  /** By the maxima of all parts: chunks together where there is room for them, else tiles of a chunk. */
  #streamParts(passed: Passed): void {
    const { heads, kvHeads, topK, middle } = this.options;
    const { q, count, qRow, length, chunk } = passed;
    const { BN, ...tile } = this.#tiles.streamParts[this.#width];
    const { BM, OUTER, CLASSES, INNER, SUPER } = tile;
    const block = OUTER * CLASSES * INNER;
    const blocks = cdiv(Math.max(length, 1), BN) * (BN / block);
    const [partRow, superRow] = [cdiv(blocks * CLASSES, 16) * 16, cdiv(blocks, SUPER)];
    const tileBytes = BM * (partRow + superRow) * 4;
    const atOnce = Math.max(1, Math.floor(this.#tiles.partBytes / tileBytes));
    const tiles = this.#tilesOf(chunk, BM);
    const chunks = cdiv(count, chunk);
    const together = Math.min(chunks, Math.max(1, Math.floor(atOnce / tiles)));
    const most = Math.min(tiles, atOnce);
    const rows = together * most * BM;
    const parts = this.#scratch("parts", rows * partRow * 4);
    const supers = this.#scratch("supers", rows * superRow * 4);
    const SUPERS = smallest("middle", this.#tiles.supers, cdiv(Math.max(middle, 1), block * SUPER));
    const { kernels } = this.#runner;
    for (let first = 0; first < count; first += together * chunk) {
      const queries = Math.min(together * chunk, count - first);
      const some = {
        ...passed,
        q: q.view(first * qRow * 2),
        count: queries,
        length: length - (count - first - queries),
      };
      const [someChunks, splits] = [cdiv(queries, chunk), cdiv(some.length, block * SUPER)];
      for (let firstTile = 0; firstTile < tiles; firstTile += most) {
        const someTiles = Math.min(most, tiles - firstTile);
        const common = { ...this.#chunked(some), ...tile, parts, supers, partRow, superRow, firstTile };
        kernels.reattentionStreamParts.launch(
          [someTiles, Math.max(1, this.#splits(someTiles * someChunks, splits)), someChunks],
          { ...common, keys: this.#tensor(some), BN },
        );
        const scored = {
          ...{ ...common, keys: passed.keys, kvHeads, topK, KC: smallest("topK", CANDIDATES, topK + 4) },
          ...{ SUPERS, ...this.#tiles.pickParts },
        };
        const grid = [someTiles * BM, someChunks] as const;
        const { candidates } = passed;
        const entry = first * heads * topK;
        if (candidates) {
          const [scores, positions] = [candidates.scores.view(entry * 8), candidates.positions.view(entry * 4)];
          kernels.reattentionCandidatesParts.launch(grid, { ...scored, ...candidates, scores, positions });
        } else
          kernels.reattentionPickParts.launch(grid, {
            ...{ ...scored, picks: this.picks.view(entry * 4) },
            ...{ counts: this.counts.view((first / chunk) * this.countRow * 4), countRow: this.countRow },
          });
      }
    }
  }

  /** Tiles of BM rows that the queries of a chunk are. */
  #tilesOf(chunk: number, BM: number): number {
    const { heads, kvHeads } = this.options;
    return kvHeads * cdiv((chunk * heads) / kvHeads, BM);
  }

  /** What every kernel is told of chunks of queries. */
  #chunked({ q, count, qRow, global, length, chunk }: Passed) {
    const { G, D, DP } = headConstants(this.options);
    const { dtype = "bf16" } = this.options;
    return { ...{ q, queries: count, chunk, qRow, global, before: length - count }, ...{ T: dtype, G, D, DP } };
  }

  #tensor({ keys, global, length }: Passed): DescriptorArgument {
    const { kvHeads, headSize } = this.options;
    return { buffer: keys, shape: [global + length, kvHeads, headSize], strides: [kvHeads * headSize, headSize, 1] };
  }

  get #scanTiles(): ReAttentionTiles["scanByBlock"] {
    const { byBlock, heads, kvHeads, scanQueries = 1 } = this.options;
    if (byBlock) return this.#tiles.scanByBlock;
    const many = this.#width === "narrow" && (scanQueries * heads) / kvHeads > FEW_ROWS;
    return this.#tiles.scan[many ? "wide" : this.#width];
  }

  get #width() {
    return widthOf(headConstants(this.options).DP);
  }

  /** Into how many splits, `most` of them, to cut the keys for so many programs: as few as leave the device hardly idle at the end. */
  #splits(programs: number, most: number): number {
    const atOnce = PROGRAMS.stream * this.#runner.device.processors;
    const bound = Math.max(1, Math.min(Math.ceil(atOnce / programs) + MOST_TURNS, most));
    const busy = (splits: number): number => {
      const turns = (splits * programs) / atOnce;
      return turns / Math.ceil(turns);
    };
    const all = Array.from({ length: bound }, (_, index) => index + 1);
    const best = Math.max(...all.map(busy));
    return all.find((splits) => busy(splits) >= best - IDLE)!;
  }

  #scratch(name: string, bytes: number): DeviceBuffer {
    const held = this.#lists.get(name);
    if (held && held.bytes >= bytes) return held;
    held?.free();
    // The new one may not fit, and then what is freed must not be held.
    this.#lists.delete(name);
    const list = this.#runner.memory.alloc(bytes);
    this.#lists.set(name, list);
    return list;
  }
}

/** The smallest bound that holds n. */
function smallest(option: string, bounds: readonly number[], n: number): number {
  const bound = bounds.find((one) => one >= n);
  if (bound !== undefined) return bound;
  const most = bounds.at(-1)!;
  throw new AttentionError(option, `retrieval needs room for ${n} and has it for ${most}`, `Give a smaller ${option}.`);
}

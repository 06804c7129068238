import type { DeviceBuffer } from "../device/device.js";
import type { KernelRunner } from "../reattention/kernel-runner.js";
import {
  type Candidates,
  type Choice,
  type Queries,
  Retrieval,
  type RetrievalOptions,
} from "../reattention/retrieval.js";
import type { Cache, Picks } from "../reattention/votes.js";
import { cdiv, powerOfTwo } from "../tiling.js";
import { slotsBefore, slotsFor } from "./dealing.js";
import type { Meeting } from "./exchange.js";
import { candidateBytes, type Share } from "./share.js";

/** A layer's keys: those that the rank owns, at their slots, and all of them. */
export interface SharedKeys {
  readonly own: DeviceBuffer;
  readonly whole: DeviceBuffer;
}

/** Candidates that are merged at a time: a few make no smaller tile. */
const FEWEST = 8;

/** Integers of a row that are copied at a time. */
const DEALT = 32;

/**
 * `Retrieval` over keys that are dealt to ranks: each passes over its own, the candidates of all are exchanged, and every rank merges them to the same
 * picks, which are those that one device would make. Queues kernels and waits for nothing.
 */
export class ShardedRetrieval implements Picks {
  readonly picks: DeviceBuffer;
  readonly counts: DeviceBuffer;
  readonly countRow: number;
  readonly options: RetrievalOptions;
  readonly #runner: KernelRunner;
  readonly #share: Share;
  readonly #own: Retrieval;
  /** i32 [8]: what `dealPosition` gives. */
  readonly #position: DeviceBuffer;

  constructor(runner: KernelRunner, options: RetrievalOptions, share: Share) {
    const { device, memory } = runner;
    const { heads, queries, topK, middle, chunks = 1 } = options;
    this.options = options;
    this.#runner = runner;
    this.#share = share;
    // Where the middle begins, a rank may have a part of a block more.
    const own = slotsFor(share.dealing, middle) + share.dealing.block;
    this.#own = new Retrieval(runner, { ...options, middle: own });
    this.picks = memory.alloc(heads * queries * chunks * topK * 4);
    this.countRow = cdiv(Math.max(middle, 1), 4) * 4;
    this.counts = memory.alloc(chunks * this.countRow * 4);
    device.fill(this.counts, 0);
    this.#position = memory.alloc(32);
  }

  /** Queues what a step's scans need to know of where it is: once for all layers. */
  begin({ position, added, local }: Pick<Cache, "position" | "added" | "local">): void {
    const { rank, dealing } = this.#share;
    const { dealPosition } = this.#runner.kernels;
    dealPosition.launch([1], { position, own: this.#position, added, local, rank, ...dealing });
  }

  /**
   * Puts keys that were just written, and that the rank owns, at their slots, where they are not there by themselves: `count` from token `first` on, which
   * is counted from load(position) where that is given. Capturable.
   */
  deal({ own, whole }: SharedKeys, written: { position?: DeviceBuffer; first: number; count: number }): void {
    const { rank, dealing, mapped } = this.#share;
    if (mapped) return;
    const { kvHeads, headSize } = this.options;
    const { position, first, count } = written;
    const words = (kvHeads * headSize) / 2;
    this.#runner.kernels.dealRows.launch([count], {
      ...{ rows: whole, own, position, first, words, rank, ...dealing, BLOCK: DEALT },
    });
  }

  /** As `Retrieval.scan` with a choice, behind `begin`. */
  scan(queries: Queries, { own, whole }: SharedKeys, cache: Omit<Cache, "added">, choice: Choice): boolean {
    const { rank, dealing, meetings } = this.#share;
    const { heads } = this.options;
    const { position, global, local } = cache;
    const seen = { position: this.#position, global: slotsBefore(dealing, rank, global), local: 0 };
    const rows = heads * queries.count;
    const candidates = this.#candidates(meetings.step, rows, global);
    const all = { whole, now: position, seen: local };
    const isBeside = this.#own.scan(queries, own, seen, choice, { candidates, all });
    this.#merge(meetings.step, rows, rows);
    choice.votes.choose(this, heads * this.options.topK, { ...cache, added: queries.count });
    return isBeside;
  }

  /** As `Retrieval.stream`, of keys by slot. */
  stream(queries: Queries, own: DeviceBuffer, global: number, length: number, chunk: number = queries.count): void {
    const { rank, dealing, meetings } = this.#share;
    const { heads, topK } = this.options;
    const { q, count, qRow } = queries;
    const { device } = this.#runner;
    const candidates = this.#candidates(meetings.chunk, heads * count, global);
    const first = slotsBefore(dealing, rank, global);
    // One by one: how much of each chunk's middle a rank owns does not grow evenly.
    for (let from = 0; from < count; from += chunk) {
      const some = Math.min(chunk, count - from);
      const end = global + length - (count - from - some);
      const slots = slotsBefore(dealing, rank, Math.max(end, 0)) - first;
      const rows = from * heads * topK;
      const scores = candidates.scores.view(rows * 8);
      const positions = candidates.positions.view(rows * 4);
      if (slots > 0)
        this.#own.stream({ q: q.view(from * qRow * 2), count: some, qRow }, own, first, slots, some, {
          ...{ ...candidates, scores, positions },
        });
      else device.fill(candidates.positions.view(rows * 4, some * heads * topK * 4), 255);
    }
    this.#merge(meetings.chunk, heads * count, heads * chunk);
  }

  #candidates(meeting: Meeting, rows: number, skipped: number): Candidates {
    const { rank, dealing } = this.#share;
    const { topK } = this.options;
    const mine = meeting.mine(rank);
    const positions = mine.view(rows * topK * 8, rows * topK * 4);
    return { scores: mine, positions, skipped, rank, ...dealing };
  }

  #merge(meeting: Meeting, rows: number, chunkRows: number): void {
    const { rank, dealing } = this.#share;
    const { topK } = this.options;
    const { ranks } = dealing;
    meeting.gather(rank, rows * candidateBytes(topK));
    const all = meeting.all(rank);
    this.#runner.kernels.mergeCandidates.launch([rows], {
      ...{ scores: all, positions: all, picks: this.picks, counts: this.counts, countRow: this.countRow },
      ...{ chunkRows, rows, room: meeting.stride / 8, topK, ranks, MP: powerOfTwo(Math.max(FEWEST, ranks * topK)) },
    });
  }
}

import type { DeviceBuffer } from "../device/device.js";
import type { ReAttentionTiles } from "../kernels/reattention/tiles.js";
import { cdiv } from "../tiling.js";
import { AttentionError } from "./errors.js";
import { type KernelRunner, tilesFor } from "./kernel-runner.js";

export interface VoteOptions {
  /** Positions that are kept at most, and tokens that each brings. */
  readonly clip: number;
  readonly span: number;
  /** Most picks of a chunk: heads · queries · topK; and most chunks at once (default: 1). */
  readonly picks: number;
  readonly chunks?: number;
}

/**
 * What queries see: the cache holds load(position) tokens before the first of `added` ones, in chunks of `chunk` (default: all in one). Of the
 * tokens up to a chunk's last, the first `global` and the last `local` are always seen.
 */
export interface Cache {
  readonly position: DeviceBuffer;
  readonly added: number;
  readonly chunk?: number;
  readonly global: number;
  readonly local: number;
}

/** Numbers of a chunk in `window`. */
export const WINDOW_ROW = 16;

/** Picks of chunks one after the other, and where they are counted: rows of a chunk. */
export interface Picks {
  readonly picks: DeviceBuffer;
  readonly counts: DeviceBuffer;
  readonly countRow: number;
}

/**
 * From picks to a window: the `clip` positions with the most votes, of equal ones the lower, and their spans, merged and in order. Queues kernels and
 * waits for nothing; what they do does not depend on the order in which votes came in.
 */
export class Votes {
  /** i32 [chunks, clip · span]: cache positions of the selected spans, ascending. */
  readonly selected: DeviceBuffer;
  /** i32 [chunks, 16]: [0] the number selected, [4] the window's last index, [8] the number of positions kept. */
  readonly window: DeviceBuffer;
  /** i32, of the first chunk [clip]: positions of the middle that were kept, ascending. */
  readonly kept: DeviceBuffer;
  readonly options: VoteOptions;
  /** Of `selected`, from a chunk's to the next one's. */
  readonly room: number;
  readonly #runner: KernelRunner;
  /** For a few picks, and for as many as there are. */
  readonly #few: ReAttentionTiles["fewVotes"];
  readonly #tiles: ReAttentionTiles["votes"][number];
  readonly #unordered: DeviceBuffer;
  /** Two stages of candidates and their votes; none where one program takes all picks. */
  readonly #stages: readonly { readonly positions: DeviceBuffer; readonly votes: DeviceBuffer }[];

  constructor(runner: KernelRunner, options: VoteOptions) {
    const { device, memory } = runner;
    const { fewVotes, votes: bounds } = tilesFor(device);
    this.#runner = runner;
    this.options = options;
    const { clip, span, picks, chunks = 1 } = options;
    const tiles = bounds.find(({ CP }) => CP >= clip);
    if (!tiles) throw tooMany(clip, bounds.at(-1)!.CP);
    this.#few = fewVotes;
    this.#tiles = tiles;
    const { N, CP } = tiles;
    this.room = clip * span;
    this.selected = memory.alloc(chunks * this.room * 4);
    this.window = memory.alloc(chunks * WINDOW_ROW * 4);
    device.fill(this.window, 0);
    this.kept = memory.alloc(chunks * CP * 4);
    this.#unordered = memory.alloc(chunks * CP * 4);
    const candidates = chunks * cdiv(picks, N) * CP * 4;
    const stage = () => ({ positions: memory.alloc(candidates), votes: memory.alloc(candidates) });
    this.#stages = picks > N ? [stage(), stage()] : [];
  }

  /** What a kernel takes that picks and chooses for one chunk, if it has so few picks. */
  few(picks: number) {
    if (picks > this.#few.N) return;
    const { selected, window, kept } = this;
    const { clip, span } = this.options;
    return { unordered: this.#unordered, kept, selected, window, span, clip, ...this.#few };
  }

  /**
   * Counts the first picks, `perQuery` of each of the queries, and clears `counts`. Of no picks the window is the first and the last tokens.
   */
  choose(
    { picks, counts, countRow }: Picks,
    perQuery: number,
    { position, added, chunk = added, global, local }: Cache,
  ): void {
    const { clip, span } = this.options;
    const chunks = cdiv(added, chunk);
    let [length, tail, positionRow] = [chunk * perQuery, (added - (chunks - 1) * chunk) * perQuery, chunk * perQuery];
    const { N, CP, W } = length <= this.#few.N ? this.#few : this.#tiles;
    let [CLAIM, turn] = [true, 0];
    let from = { positions: picks, votes: picks };
    while (length > N) {
      const to = this.#stages[turn++ % 2]!;
      const programs = cdiv(length, N);
      this.#runner.kernels.reattentionNarrow.launch([programs, chunks], {
        ...{ ...from, counts, outPositions: to.positions, outVotes: to.votes, length, tail, positionRow, countRow },
        ...{ clip, N, CP, CLAIM },
      });
      [length, CLAIM, from] = [programs * CP, false, to];
      [tail, positionRow] = [length, length];
    }
    const { selected, window, kept } = this;
    this.#runner.kernels.reattentionChoose.launch([chunks], {
      ...{ ...from, counts, position, unordered: this.#unordered, kept, selected, window },
      ...{ length, tail, positionRow, countRow, queries: added, chunk, global, local, span, clip, N, CP, W, CLAIM },
    });
  }
}

const tooMany = (clip: number, most: number): AttentionError =>
  new AttentionError("clip", `clip is ${clip}`, `Give at most ${most}: that many positions are sorted at once.`);

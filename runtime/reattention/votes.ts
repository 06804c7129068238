import type { DeviceBuffer } from "../device/device.js";
import type { ReAttentionTiles } from "../kernels/reattention-tiles.js";
import { cdiv } from "../tiling.js";
import { AttentionError } from "./errors.js";
import { type KernelRunner, tilesFor } from "./kernel-runner.js";

export interface VoteOptions {
  /** Positions that are kept at most, and tokens that each brings. */
  readonly clip: number;
  readonly span: number;
  /** Most picks of a chunk: heads · queries · topK. */
  readonly picks: number;
}

/** Lengths of a chunk: the cache holds load(position) + added tokens, `global` of them at its start and `local` at its end always seen. */
export interface Cache {
  readonly position: DeviceBuffer;
  readonly added: number;
  readonly global: number;
  readonly local: number;
}

/**
 * From picks to a window: the `clip` positions with the most votes, of equal ones the lower, and their spans, merged and in order. Queues kernels and
 * waits for nothing; what they do does not depend on the order in which votes came in.
 */
export class Votes {
  /** i32 [clip · span]: cache positions of the selected spans, ascending. */
  readonly selected: DeviceBuffer;
  /** i32 [9]: [0] the number selected, [4] the window's last index, [8] the number of positions kept. */
  readonly window: DeviceBuffer;
  /** i32 [clip]: positions of the middle that were kept, ascending. */
  readonly kept: DeviceBuffer;
  readonly options: VoteOptions;
  readonly #runner: KernelRunner;
  readonly #tiles: ReAttentionTiles["votes"][number];
  readonly #unordered: DeviceBuffer;
  /** Two stages of candidates and their votes; none where one program takes all picks. */
  readonly #stages: readonly { readonly positions: DeviceBuffer; readonly votes: DeviceBuffer }[];

  constructor(runner: KernelRunner, options: VoteOptions) {
    const { device } = runner;
    const bounds = tilesFor(device).votes;
    this.#runner = runner;
    this.options = options;
    const tiles = bounds.find(({ CP }) => CP >= options.clip);
    if (!tiles) throw tooMany(options.clip, bounds.at(-1)!.CP);
    this.#tiles = tiles;
    const { N, CP } = tiles;
    this.selected = device.alloc(options.clip * options.span * 4);
    this.window = device.alloc(9 * 4);
    this.kept = device.alloc(CP * 4);
    this.#unordered = device.alloc(CP * 4);
    const candidates = cdiv(options.picks, N) * CP * 4;
    const stage = () => ({ positions: device.alloc(candidates), votes: device.alloc(candidates) });
    this.#stages = options.picks > N ? [stage(), stage()] : [];
  }

  /** Counts the first `count` picks and clears `counts`. Of no picks the window is the first and the last tokens. */
  choose(picks: DeviceBuffer, counts: DeviceBuffer, count: number, { position, added, global, local }: Cache): void {
    const { N, CP, W } = this.#tiles;
    const { clip, span } = this.options;
    let [length, CLAIM, turn] = [count, true, 0];
    let from = { positions: picks, votes: picks };
    while (length > N) {
      const to = this.#stages[turn++ % 2]!;
      const programs = cdiv(length, N);
      this.#runner.run("reattentionNarrow", [programs], {
        ...{ ...from, counts, outPositions: to.positions, outVotes: to.votes, length, clip },
        ...{ N, CP, CLAIM },
      });
      [length, CLAIM, from] = [programs * CP, false, to];
    }
    const { selected, window, kept } = this;
    this.#runner.run("reattentionChoose", [1], {
      ...{ ...from, counts, position, unordered: this.#unordered, kept, selected, window },
      ...{ length, added, global, local, span, clip, N, CP, W, CLAIM },
    });
  }

  free(): void {
    for (const { positions, votes } of this.#stages) {
      positions.free();
      votes.free();
    }
    for (const buffer of [this.selected, this.window, this.kept, this.#unordered]) buffer.free();
  }
}

const tooMany = (clip: number, most: number): AttentionError =>
  new AttentionError("clip", `clip is ${clip}`, `Give at most ${most}: that many positions are sorted at once.`);

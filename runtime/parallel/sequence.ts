import { DeviceError } from "../device/errors.js";
import type { Chunk } from "../models/attention/attention.js";
import type { LayerCache } from "../models/cache.js";
import { type Reader, readPrompt } from "../models/read-prompt.js";
import type { AllowedTokens, PrefillOptions, Runner, SamplingChoice } from "../models/runner.js";
import type { Exchange } from "./exchange.js";
import type { DeviceGroup } from "./group.js";

/** A cache that is dealt to ranks: of each, what its kernels take. */
export interface DealtCache {
  readonly ofRank: readonly (readonly LayerCache[])[];
  free(): void;
}

/**
 * A sequence of tokens on several devices: a Runner on each, which all queue the same work for the same tokens. What they compute twice has the same bits
 * on all of them, so the first one's tokens are everybody's.
 */
export class ParallelSequence implements Reader {
  readonly #group: DeviceGroup;
  readonly #exchange: Exchange;
  readonly #ranks: readonly Runner[];
  readonly #cache: DealtCache;
  /** What was asked for before: one after the other, since all ranks must queue the same in the same order, whoever stops waiting. */
  #turn: Promise<void> = Promise.resolve();

  constructor(group: DeviceGroup, exchange: Exchange, ranks: readonly Runner[], cache: DealtCache) {
    this.#group = group;
    this.#exchange = exchange;
    this.#ranks = ranks;
    this.#cache = cache;
  }

  /** Tokens that it may have. */
  get capacity(): number {
    return this.#first.capacity;
  }

  /** Commits memory for so many tokens, on all devices. Throws OutOfMemoryError; what the cache holds stays. */
  grow(tokens: number): void {
    this.#first.grow(tokens);
  }

  chunks(past: number, count: number): Chunk[] {
    return this.#first.chunks(past, count);
  }

  /** As `Runner.prefill`. */
  prefill(
    tokens: readonly number[],
    past: number,
    sampling: SamplingChoice,
    options: PrefillOptions = {},
  ): Promise<void> {
    return readPrompt(this, tokens, past, sampling, options);
  }

  async begin(sampling: SamplingChoice, prompt?: readonly number[]): Promise<void> {
    // What a rank still reads of an earlier answer, another must not write over.
    await this.settled();
    await this.#together((runner) => runner.begin(sampling, prompt));
  }

  read(chunk: Chunk, tokens: readonly number[], allowed?: AllowedTokens): Promise<void> {
    return this.#together((runner) => runner.read(chunk, tokens, allowed));
  }

  settled(): Promise<void> {
    return this.#together((runner) => runner.settled());
  }

  /** Queues one decode step on all devices. */
  step(): void {
    for (const [rank, runner] of this.#ranks.entries()) {
      try {
        runner.step();
      } catch (error) {
        throw this.#brokenOff(rank, error);
      }
    }
  }

  /** Resolves when what is queued has run on all devices. Rejects with what went wrong on one of them, or the DeviceError that names one that did not answer. */
  arrived(): Promise<void> {
    return this.#together((runner) => runner.arrived());
  }

  token(step: number): number {
    return this.#first.token(step);
  }

  /** Logits of the token picked last, f32 [vocabulary], as a rank has them. Waits for all. */
  async logits(rank = 0): Promise<Float32Array> {
    await this.settled();
    return this.#ranks[rank]!.logits();
  }

  close(): void {
    for (const runner of this.#ranks) runner.close();
    this.#cache.free();
  }

  get #first(): Runner {
    return this.#ranks[0]!;
  }

  /** The same on every rank, at once. What fails on one ends the waits of the others. */
  #together(work: (runner: Runner) => Promise<void>): Promise<void> {
    const done = this.#turn.then(async () => {
      const all = this.#ranks.map((runner, rank) =>
        work(runner).catch((error: unknown) => void this.#brokenOff(rank, error)),
      );
      await Promise.all(all);
      this.#exchange.check();
    });
    this.#turn = done.catch(() => {});
    return done;
  }

  #brokenOff(rank: number, cause: unknown): DeviceError {
    const { name } = this.#group.devices[rank]!;
    const error = new DeviceError(`rank ${rank} (${name}) broke off: ${(cause as Error).message}`, { cause });
    this.#exchange.abort(error);
    return error;
  }
}

import type { Device, DeviceBuffer } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import type { Chunk } from "../models/attention/attention.js";
import type { LayerCache } from "../models/cache.js";
import type { ModelConfig } from "../models/config.js";
import type { Decoder } from "../models/decoder.js";
import { type Reader, readPrompt } from "../models/read-prompt.js";
import type { AllowedTokens, ModelSequence, PrefillOptions, Runner, SamplingChoice } from "../models/runner.js";
import type { ChosenLogprob } from "../models/shaping.js";
import type { Exchange } from "./exchange.js";
import type { DeviceGroup } from "./group.js";

/** A cache that is dealt to ranks: of each, what its kernels take. */
export interface DealtCache {
  readonly ofRank: readonly (readonly LayerCache[])[];
  free(): void;
}

/** What all ranks queue in the same order, whichever sequence it is of: one after the other. */
export class Turns {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** Whether nothing waits to be queued. */
  get idle(): boolean {
    return this.#waiting === 0;
  }

  /** Resolves when all that was asked for before is queued. */
  get queued(): Promise<void> {
    return this.#last;
  }

  take<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    const done = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = done.then(
      () => {},
      () => {},
    );
    return done;
  }
}

/** What sequences of a model on several devices have in common. */
export interface Together {
  readonly group: DeviceGroup;
  readonly exchange: Exchange;
  readonly turns: Turns;
}

/**
 * A sequence of tokens on several devices: a Runner on each, which all queue the same work for the same tokens. What they compute twice has the same bits
 * on all of them, so the first one's tokens are everybody's. Work that fails on one ends the waits of the others, and all that is asked for later.
 */
export class ParallelSequence implements ModelSequence, Reader {
  readonly #together: Together;
  readonly #ranks: readonly Runner[];
  readonly #cache: DealtCache;

  constructor(together: Together, ranks: readonly Runner[], cache: DealtCache) {
    this.#together = together;
    this.#ranks = ranks;
    this.#cache = cache;
  }

  /** The first device. */
  get device(): Device {
    return this.#first.device;
  }

  get config(): ModelConfig {
    return this.#first.config;
  }

  get capacity(): number {
    return this.#first.capacity;
  }

  get fits(): number {
    return this.#first.fits;
  }

  get isShaped(): boolean {
    return this.#first.isShaped;
  }

  get addresses() {
    return this.#first.addresses;
  }

  /** Commits memory for so many tokens, on all devices. Throws OutOfMemoryError; what the cache holds stays. */
  grow(tokens: number): void {
    this.#first.grow(tokens);
  }

  chunks(past: number, count: number, most?: number): Chunk[] {
    return this.#first.chunks(past, count, most);
  }

  prefill(
    tokens: readonly number[],
    past: number,
    sampling: SamplingChoice,
    options: PrefillOptions = {},
  ): Promise<void> {
    return readPrompt(this, tokens, past, sampling, options);
  }

  async begin(sampling: SamplingChoice, prompt?: readonly number[]): Promise<void> {
    await this.#together.turns.take(async () => {
      // What a rank still reads of an earlier answer, another must not write over.
      await this.#settle();
      await this.#each((runner) => runner.begin(sampling, prompt));
    });
  }

  async read(chunk: Chunk, tokens: readonly number[], allowed?: AllowedTokens): Promise<void> {
    await this.#onAll((runner) => runner.read(chunk, tokens, allowed));
  }

  async pass(chunk: Chunk, tokens: readonly number[]) {
    return (await this.#onAll((runner) => runner.pass(chunk, tokens)))[0]!;
  }

  async residual(chunk: Chunk, tokens: readonly number[]): Promise<Float32Array> {
    return (await this.#onAll((runner) => runner.residual(chunk, tokens)))[0]!;
  }

  async scores(chunk: Chunk, tokens: readonly number[], next: readonly number[]): Promise<Float32Array> {
    return (await this.#onAll((runner) => runner.scores(chunk, tokens, next)))[0]!;
  }

  async pretend(tokens: number, sampling: SamplingChoice, fill: (buffer: DeviceBuffer) => void): Promise<void> {
    await this.#onAll((runner) => runner.pretend(tokens, sampling, fill));
  }

  takeOver(other: Pick<Runner, "rows">, tokens: number): void {
    if (!(other instanceof ParallelSequence))
      throw new DeviceError("A cache of one device cannot be dealt to several.");
    this.#queue((runner, rank) => runner.takeOver(other.#ranks[rank]!, tokens));
  }

  /** As the first device has them: the same memory on all. */
  rows(tokens: number): DeviceBuffer[] {
    return this.#first.rows(tokens);
  }

  filled(tokens: number): void {
    this.#queue((runner) => runner.filled(tokens));
  }

  step(): void {
    this.#queue((runner) => runner.step());
  }

  forward(): void {
    this.#queue((runner) => runner.forward());
  }

  choose(): void {
    this.#queue((runner) => runner.choose());
  }

  async allow(mask: Uint32Array): Promise<void> {
    await this.#onAll((runner) => runner.allow(mask));
  }

  rest(): void {
    for (const runner of this.#ranks) runner.rest();
  }

  /** Resolves when what is queued has run on all devices. Rejects with what went wrong on one of them, or the DeviceError that names one that did not answer. */
  async arrived(): Promise<void> {
    await this.#together.turns.queued;
    await this.#each((runner) => runner.arrived());
  }

  async settled(): Promise<void> {
    await this.#together.turns.queued;
    await this.#settle();
  }

  token(step: number): number {
    return this.#first.token(step);
  }

  told(step: number, top: number): ChosenLogprob {
    return this.#first.told(step, top);
  }

  /** Logits of the token picked last, f32 [vocabulary], as a rank has them. Waits for all. */
  async logits(rank = 0): Promise<Float32Array> {
    await this.settled();
    return this.#ranks[rank]!.logits();
  }

  async timeSteps(count: number): Promise<number> {
    const [first] = await this.#onAll((runner) => runner.timeSteps(count));
    return first!;
  }

  /** Frees what it has of the devices, of each with what it has of the rank's decoder. */
  drop(ranks: readonly Pick<Decoder, "drop">[]): void {
    for (const [rank, runner] of this.#ranks.entries()) ranks[rank]!.drop(runner);
    this.#cache.free();
  }

  close(): void {
    for (const runner of this.#ranks) runner.close();
    this.#cache.free();
  }

  get #first(): Runner {
    return this.#ranks[0]!;
  }

  #settle(): Promise<unknown> {
    return this.#each((runner) => runner.settled());
  }

  /** In its turn, the same on every rank at once. */
  #onAll<Result>(work: (runner: Runner) => Promise<Result>): Promise<Result[]> {
    return this.#together.turns.take(() => this.#each(work));
  }

  async #each<Result>(work: (runner: Runner) => Promise<Result>): Promise<Result[]> {
    const { exchange } = this.#together;
    exchange.check();
    const all = this.#ranks.map((runner, rank) =>
      work(runner).catch((error: unknown) => {
        throw this.#brokenOff(rank, error);
      }),
    );
    // Of all: what others wait for is over when they have ended too.
    const settled = await Promise.allSettled(all);
    if (settled.some(({ status }) => status === "rejected")) this.#hush();
    exchange.check();
    return settled.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  }

  /** Queues the same on every rank: at once, unless something else waits for its turn. */
  #queue(work: (runner: Runner, rank: number) => void): void {
    const { turns, exchange } = this.#together;
    const now = () => {
      exchange.check();
      for (const [rank, runner] of this.#ranks.entries()) {
        try {
          work(runner, rank);
        } catch (error) {
          throw this.#brokenOff(rank, error);
        }
      }
    };
    if (turns.idle) now();
    // Whoever waits for it is told what goes wrong by the exchange.
    else turns.take(async () => now()).catch(() => {});
  }

  #brokenOff(rank: number, cause: unknown): DeviceError {
    const { group, exchange } = this.#together;
    const { name } = group.devices[rank]!;
    const error = new DeviceError(`rank ${rank} (${name}) broke off: ${(cause as Error).message}`, { cause });
    exchange.abort(error);
    this.#hush();
    return error;
  }

  /** What fails on other ranks because one has broken off is nobody's to hear of. */
  #hush(): void {
    for (const runner of this.#ranks) runner.settled().catch(() => {});
  }
}

import type { Allocations } from "../device/allocations.js";
import type { Device, DeviceBuffer, Mirror } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import { RECORD } from "../kernels/sample/record.js";
import type { AttentionLayer, Chunk } from "./attention/attention.js";
import type { WindowedAttention } from "./attention/windowed.js";
import { growCache, type LayerCache, reserveCache, tokensHeld, tokensThatFit } from "./cache.js";
import { ChunkPass } from "./chunk-pass.js";
import { chunksOf } from "./chunks.js";
import type { ModelConfig } from "./config.js";
import type { ModelHost, SharedHost } from "./host.js";
import { type Reader, readPrompt } from "./read-prompt.js";
import { Recordings } from "./recordings.js";
import type { ScoreBuffers } from "./scoring.js";
import type { ChosenLogprob, Shaping } from "./shaping.js";
import { pickShaped, type Shapings } from "./shapings.js";
import { rowBytes, sizesOf } from "./sizes.js";
import { allocateSequenceState, RING } from "./state.js";
import { type Picking, TokenPass } from "./token-pass.js";
import { Told } from "./told.js";

export interface SamplingChoice {
  /** 0 takes the most likely token. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  /** Tokens are drawn that are at least so many times as likely as the best. Default 0. */
  readonly minP?: number;
  readonly seed: number;
  /** What is asked of logits beyond that; undefined where they are taken as they are. */
  readonly shaping?: Shaping;
}

/** What a recorded step does: all of a step, by how it picks; or it ends with logits, and the pick by shaped logits is one of its own. */
type Step = Picking | "shaped" | "forward" | "choose";

/** Words with a bit for each token that may come next. */
export type AllowedTokens = () => Uint32Array;

export interface PrefillOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** How the latest prompt of a model ended, whichever sequence it is of. */
export class LastChunk {
  #chunk: Chunk | undefined;

  set(chunk: Chunk | undefined): void {
    this.#chunk = chunk;
  }

  /** Positions that it saw, ascending, one list a layer; undefined where it saw everything. */
  async seen(windowed: WindowedAttention | undefined): Promise<Int32Array[] | undefined> {
    const chunk = this.#chunk;
    return chunk?.selects ? windowed?.kept(chunk.past + chunk.count) : undefined;
  }
}

/** What a model's sequences take turns with, beside its scratch. */
export interface Beside {
  readonly lastChunk: LastChunk;
  readonly shapings: Shapings;
  readonly scoring: () => ScoreBuffers;
  /** Where the cache is there already, since several ranks have it together: who has made it frees it. */
  readonly caches?: readonly LayerCache[] | undefined;
}

/** What generations ask of a sequence, on one device or on several. */
export type ModelSequence = Pick<Runner, keyof Runner>;

/** A sequence of tokens that a model reads and goes on with, without text: its cache, and its recorded decode step. */
export class Runner implements Reader {
  readonly device: Device;
  readonly config: ModelConfig;
  /** Tokens that the cache may hold. */
  readonly capacity: number;
  readonly #shared: SharedHost;
  readonly #memory: Allocations;
  readonly #lastChunk: LastChunk;
  readonly #shapings: Shapings;
  readonly #scoring: () => ScoreBuffers;
  readonly #caches: readonly LayerCache[];
  readonly #host: ModelHost;
  readonly #token: TokenPass;
  readonly #mirror: Mirror;
  readonly #ring: Int32Array;
  readonly #recordings: Recordings<Step>;
  #picking: Picking = "greedy";
  /** What logits are shaped by; undefined where they are not. */
  #shaping: DeviceBuffer | undefined;
  #tells: Told | undefined;
  #closed = false;

  constructor(shared: SharedHost, memory: Allocations, { lastChunk, shapings, scoring, caches }: Beside) {
    this.#shared = shared;
    this.#shapings = shapings;
    this.#scoring = scoring;
    this.#memory = memory;
    this.#lastChunk = lastChunk;
    this.device = shared.device;
    this.#recordings = new Recordings(shared.device);
    this.config = shared.config;
    this.capacity = shared.capacity;
    const state = { ...shared.scratch, ...allocateSequenceState(memory, shared.config) };
    this.#caches = caches ?? reserveCache(memory, shared.shape, shared.capacity);
    const layers = this.#caches.map((cache, index): AttentionLayer => {
      return { index, cache, rotary: shared.rotaries[index]!, position: state.position };
    });
    this.#host = { ...shared, state, layers };
    this.#token = new TokenPass(this.#host);
    // The host is sent all of it with every step.
    this.device.fill(state.ring, 0);
    this.#mirror = memory.mirror(RING * 4);
    this.#ring = new Int32Array(this.#mirror.host);
  }

  /** Tokens that a sequence could have in the memory that is free now, and at the most the capacity. */
  get fits(): number {
    const { shape } = this.#shared;
    return Math.min(this.capacity, tokensHeld(this.#caches, shape) + tokensThatFit(this.device, shape));
  }

  /** Commits memory for a sequence of `tokens` tokens. Throws OutOfMemoryError; what the cache holds stays. */
  grow(tokens: number): void {
    this.#requireOpen();
    growCache(this.#caches, this.#shared.shape, Math.min(tokens, this.capacity));
  }

  /**
   * Runs `tokens` after the `past` ones that the cache holds already, and picks the token that follows. That pick is step 0 of `token`.
   */
  prefill(
    tokens: readonly number[],
    past: number,
    sampling: SamplingChoice,
    options: PrefillOptions = {},
  ): Promise<void> {
    return readPrompt(this, tokens, past, sampling, options);
  }

  settled(): Promise<void> {
    return this.device.synchronize();
  }

  /** How `count` tokens after `past` are read, at most `most` at a time where that is ours to choose. */
  chunks(past: number, count: number, most = Number.POSITIVE_INFINITY): Chunk[] {
    const { buffers, windowed } = this.#shared;
    return chunksOf(past, count, Math.min(most, buffers.tokens), windowed);
  }

  /** Makes ready for the answer to a prompt: its tokens are counted from 0, and chosen so. */
  async begin(
    { temperature, topK, topP, minP = 0, seed, shaping }: SamplingChoice,
    prompt: readonly number[] = [],
  ): Promise<void> {
    this.#requireOpen();
    this.rest();
    if (shaping) {
      this.#tells ??= new Told(this.device, this.#memory, 1);
      this.#shaping = await this.#shapings.take(shaping, prompt);
      this.#requireOpen();
    }
    const greedy = temperature === 0;
    this.#picking = greedy ? "greedy" : "sample";
    const { record: whole } = this.#host.state;
    const record = new Int32Array(RECORD.ring);
    const chances = new Float32Array(record.buffer, RECORD.chances * 4, 3);
    chances.set([greedy ? 1 : 1 / temperature, topP, Math.log(minP)]);
    record.set([greedy ? 0 : Math.min(topK, this.config.tokens), seed | 0], RECORD.choices);
    const addresses = new BigInt64Array(record.buffer, RECORD.own * 4, 2);
    addresses.set([whole.address, this.#shaping?.address ?? 0n]);
    await this.device.write(whole.view(0, record.byteLength), record);
  }

  /** Its answer has ended: gives back what only that needs. */
  rest(): void {
    if (this.#shaping) this.#shapings.give(this.#shaping);
    this.#shaping = undefined;
  }

  /** Whether tokens are picked by other logits than the model's own, or something is told of them. */
  get isShaped(): boolean {
    return this.#shaping !== undefined;
  }

  /**
   * Queues one of a prompt's chunks, in their order; behind the last one the pick of the token that follows, among those that may come. That is asked
   * where it is the last chunk, when the device has work.
   */
  async read(chunk: Chunk, tokens: readonly number[], allowed?: AllowedTokens): Promise<void> {
    await this.pass(chunk, tokens);
    if (!chunk.last) return;
    this.#lastChunk.set(chunk);
    await this.#pick(chunk.count - 1, chunk.past + chunk.count, allowed);
  }

  /** Queues one of a prompt's chunks, and nothing behind its last layer. */
  async pass(chunk: Chunk, tokens: readonly number[]): Promise<ChunkPass> {
    this.#requireOpen();
    const { buffers } = this.#shared;
    const piece = Int32Array.from(tokens);
    await this.device.write(buffers.ids.view(0, piece.byteLength), piece);
    if (chunk.selects) await this.device.write(this.#host.state.position, Int32Array.of(chunk.past));
    this.#requireOpen();
    const pass = new ChunkPass(this.#host, buffers, chunk);
    pass.run();
    return pass;
  }

  /**
   * Runs one of a prompt's chunks, and gives what its tokens are behind the last layer, before the last norm: f32 [count, residual], where a row has
   * `hidden` numbers and zeros behind them. Nothing is picked.
   */
  async residual(chunk: Chunk, tokens: readonly number[]): Promise<Float32Array> {
    await this.pass(chunk, tokens);
    const rows = new Float32Array(chunk.count * sizesOf(this.config).residual);
    await this.device.read(this.#shared.buffers.residual.view(0, rows.byteLength), rows);
    return rows;
  }

  /**
   * Runs one of a prompt's chunks, and gives the log probability of each of `next`: the tokens that follow those of the chunk, from the first one's on.
   * Nothing is picked.
   */
  async scores(chunk: Chunk, tokens: readonly number[], next: readonly number[]): Promise<Float32Array> {
    const buffers = this.#scoring();
    const targets = Int32Array.from(next);
    await this.device.write(buffers.targets.view(0, targets.byteLength), targets);
    (await this.pass(chunk, tokens)).score(buffers, next.length);
    const scores = new Float32Array(next.length);
    await this.device.read(buffers.scores.view(0, scores.byteLength), scores);
    return scores;
  }

  /** Makes the first `tokens` of another sequence's tokens this one's, in the place of what it had; queued. Memory for them must be there. */
  takeOver(other: Pick<Runner, "rows">, tokens: number): void {
    this.#requireOpen();
    const from = other.rows(tokens);
    for (const [index, to] of this.rows(tokens).entries()) this.device.copy(to, from[index]!, to.bytes);
    this.filled(tokens);
  }

  /**
   * Makes the cache hold `tokens` tokens whose keys and values `fill` writes, bf16, instead of those of a prompt; picks a token as `prefill`
   * does. For measuring steps after a prompt that would take long to read: they say nothing.
   */
  async pretend(tokens: number, sampling: SamplingChoice, fill: (buffer: DeviceBuffer) => void): Promise<void> {
    const { state } = this.#host;
    this.grow(tokens);
    await this.begin(sampling);
    for (const buffer of this.rows(tokens)) fill(buffer);
    this.filled(tokens);
    this.device.fill(state.residual, 0);
    await this.device.write(state.position, Int32Array.of(tokens - 1));
    this.#token.logits(state.residual);
    this.#choose();
    this.#lastChunk.set(undefined);
  }

  /** Keys and values of the first `tokens` tokens, of each layer in turn. Memory for them must be there. */
  rows(tokens: number): DeviceBuffer[] {
    this.#requireOpen();
    const bytes = tokens * rowBytes(this.config);
    return this.#caches.flatMap(({ keys, values }) => [keys.view(0, bytes), values.view(0, bytes)]);
  }

  /** The rows of the first `tokens` tokens have been written: what else is kept of them follows from these. */
  filled(tokens: number): void {
    for (const layer of this.#host.layers) this.#shared.windowed?.appended(layer, 0, tokens);
  }

  /** Where kernels find it that know sequences by address. They stay as long as it does. */
  get addresses() {
    const caches = this.#caches.map(({ keys, values }) => ({ keys: keys.address, values: values.address }));
    return { record: this.#host.state.record.address, caches };
  }

  /** Queues one decode step: the token picked last goes through the model, and the next is picked. */
  step(): void {
    this.#replay(this.#shaping ? "shaped" : this.#picking);
  }

  /** Queues the first part of a step, up to the logits; `choose` queues the rest, for a sequence that is shaped. */
  forward(): void {
    this.#replay("forward");
  }

  choose(): void {
    this.#replay("choose");
  }

  /** Queues which tokens may come next, of a sequence that is shaped: words with a bit for each of the vocabulary. */
  async allow(mask: Uint32Array): Promise<void> {
    this.#requireOpen();
    await this.#shapings.allow(this.#shaping!, mask);
  }

  /** Resolves when everything queued so far has run; `token` of the latest step is then valid. */
  arrived(): Promise<void> {
    return this.#mirror.arrived();
  }

  /** The token picked in `step`, which must be among the last RING. */
  token(step: number): number {
    this.#requireOpen();
    return this.#ring[step % RING]!;
  }

  /** What was told of the token picked in `step`, one of the latest, and of the `top` likeliest ones. */
  told(step: number, top: number): ChosenLogprob {
    this.#requireOpen();
    return this.#tells!.of(0, step, top);
  }

  /** Logits of the token picked last, f32 [vocabulary]. Waits for the device. */
  async logits(): Promise<Float32Array> {
    const logits = new Float32Array(this.config.vocabulary);
    await this.device.read(this.#host.state.logits, logits);
    return logits;
  }

  /** GPU time of `count` decode steps, in milliseconds, without the host's part. */
  timeSteps(count: number): Promise<number> {
    return this.device.time(() => {
      for (let i = 0; i < count; i++) this.step();
    });
  }

  /** Frees all that the sequence has of the device. Steps that are queued still run; whoever asks for their tokens gets a DeviceError. */
  close(): void {
    this.#closed = true;
    this.#recordings.destroy();
    this.rest();
    this.#memory.free();
  }

  #requireOpen(): void {
    if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
  }

  /** Picks the token after row `row` of the chunk, which ends a sequence of `tokens` tokens. */
  async #pick(row: number, tokens: number, allowed: AllowedTokens | undefined): Promise<void> {
    const { buffers } = this.#shared;
    const { state } = this.#host;
    const bytes = sizesOf(this.config).residual * 4;
    // The row may lie anywhere; the decode kernels want theirs aligned, and there is one at hand.
    this.device.copy(state.residual, buffers.residual.view(row * bytes, bytes), bytes);
    await this.device.write(state.position, Int32Array.of(tokens - 1));
    this.#token.logits(state.residual);
    if (allowed) await this.allow(allowed());
    this.#choose();
  }

  /** The token that follows the logits, and its copy to the host. */
  #choose(): void {
    const { state } = this.#host;
    if (this.#shaping) {
      const { logits, own: records, ring: picked } = state;
      const { shaped } = this.#shapings;
      pickShaped(this.#host, { rows: 1, room: 1, logits, records, picked, shaped, told: this.#tells! });
    } else this.#token.choose(this.#picking);
    this.#shared.share?.exchange.report(this.#shared.share.rank);
    this.#mirror.copyFrom(state.ring, RING * 4);
  }

  #replay(step: Step): void {
    this.#requireOpen();
    this.#recordings.replay(step, () => this.#record(step));
  }

  #record(step: Step): void {
    if (step !== "choose") this.#token.forward();
    if (step !== "forward") this.#choose();
  }
}

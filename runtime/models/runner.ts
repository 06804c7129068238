import { abortable } from "../device/abortable.js";
import type { Allocations } from "../device/allocations.js";
import type { Device, DeviceBuffer, Graph, Mirror } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import { RECORD } from "../kernels/sample/record.js";
import type { AttentionLayer, Chunk } from "./attention/attention.js";
import type { WindowedAttention } from "./attention/windowed.js";
import { growCache, type LayerCache, reserveCache, tokensHeld, tokensThatFit } from "./cache.js";
import { ChunkPass } from "./chunk-pass.js";
import { chunksOf, isTimeToLook } from "./chunks.js";
import type { ModelConfig } from "./config.js";
import type { ModelHost, SharedHost } from "./host.js";
import { rowBytes, sizesOf } from "./sizes.js";
import { allocateSequenceState, RING } from "./state.js";
import { type Picking, TokenPass } from "./token-pass.js";

export interface SamplingChoice {
  /** 0 takes the most likely token. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

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

/** A sequence of tokens that a model reads and goes on with, without text: its cache, and its recorded decode step. */
export class Runner {
  readonly device: Device;
  readonly config: ModelConfig;
  /** Tokens that the cache may hold. */
  readonly capacity: number;
  readonly #shared: SharedHost;
  readonly #memory: Allocations;
  readonly #lastChunk: LastChunk;
  readonly #caches: readonly LayerCache[];
  readonly #host: ModelHost;
  readonly #token: TokenPass;
  readonly #mirror: Mirror;
  readonly #ring: Int32Array;
  readonly #graphs = new Map<Picking, Graph>();
  #picking: Picking = "greedy";
  #closed = false;

  constructor(shared: SharedHost, memory: Allocations, lastChunk: LastChunk) {
    this.#shared = shared;
    this.#memory = memory;
    this.#lastChunk = lastChunk;
    this.device = shared.device;
    this.config = shared.config;
    this.capacity = shared.capacity;
    const state = { ...shared.scratch, ...allocateSequenceState(memory, shared.config) };
    this.#caches = reserveCache(memory, shared.shape, shared.capacity);
    const layers = this.#caches.map((cache, index): AttentionLayer => {
      return { index, cache, rotary: shared.rotaries[index]!, position: state.position };
    });
    this.#host = { ...shared, state, layers };
    this.#token = new TokenPass(this.#host);
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
  async prefill(
    tokens: readonly number[],
    past: number,
    sampling: SamplingChoice,
    { signal, onProgress }: PrefillOptions = {},
  ): Promise<void> {
    // Whoever stops does not wait for the chunk that runs: it takes seconds where processors compute it.
    const wait = (queued: Promise<void>) => abortable(queued, signal);
    this.grow(past + tokens.length);
    await wait(this.begin(sampling));
    let queued = 0;
    for (const chunk of this.chunks(past, tokens.length)) {
      const start = chunk.past - past;
      await wait(this.read(chunk, tokens.slice(start, start + chunk.count)));
      if (!chunk.last && isTimeToLook(chunk, ++queued)) await wait(this.device.synchronize());
      onProgress?.(start + chunk.count);
    }
  }

  /** How `count` tokens after `past` are read, at most `most` at a time where that is ours to choose. */
  chunks(past: number, count: number, most = Number.POSITIVE_INFINITY): Chunk[] {
    const { buffers, windowed } = this.#shared;
    return chunksOf(past, count, Math.min(most, buffers.tokens), windowed);
  }

  /** Makes ready for a prompt: its tokens are counted from 0, and chosen so. */
  async begin({ temperature, topK, topP, seed }: SamplingChoice): Promise<void> {
    this.#requireOpen();
    const greedy = temperature === 0;
    this.#picking = greedy ? "greedy" : "sample";
    const record = new Int32Array(RECORD.ring);
    const chances = new Float32Array(record.buffer, RECORD.chances * 4, 2);
    chances.set([greedy ? 1 : 1 / temperature, topP]);
    record.set([greedy ? 0 : Math.min(topK, this.config.tokens), seed | 0], RECORD.choices);
    const { record: whole } = this.#host.state;
    await this.device.write(whole.view(0, record.byteLength), record);
  }

  /** Queues one of a prompt's chunks, in their order; behind the last one the pick of the token that follows. */
  async read(chunk: Chunk, tokens: readonly number[]): Promise<void> {
    this.#requireOpen();
    const { buffers } = this.#shared;
    const { state } = this.#host;
    const piece = Int32Array.from(tokens);
    await this.device.write(buffers.ids.view(0, piece.byteLength), piece);
    if (chunk.selects) await this.device.write(state.position, Int32Array.of(chunk.past));
    this.#requireOpen();
    new ChunkPass(this.#host, buffers, chunk).run();
    if (!chunk.last) return;
    this.#lastChunk.set(chunk);
    await this.#pick(chunk.count - 1, chunk.past + chunk.count);
  }

  /** Makes the first `tokens` of another sequence's tokens this one's, in the place of what it had; queued. Memory for them must be there. */
  takeOver(other: Runner, tokens: number): void {
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
    this.#token.pick(state.residual, this.#picking);
    this.#lastChunk.set(undefined);
    this.#mirror.copyFrom(state.ring, RING * 4);
  }

  /** Keys and values of the first `tokens` tokens, of each layer in turn. Memory for them must be there. */
  rows(tokens: number): DeviceBuffer[] {
    this.#requireOpen();
    const bytes = tokens * rowBytes(this.config);
    return this.#caches.flatMap(({ keys, values }) => [keys.view(0, bytes), values.view(0, bytes)]);
  }

  /** The rows of the first `tokens` tokens have been written: what else is kept of them follows from these. */
  filled(tokens: number): void {
    for (const layer of this.#host.layers) this.#shared.windowed?.quantize(layer, 0, tokens);
  }

  /** Where kernels find it that know sequences by address. They stay as long as it does. */
  get addresses() {
    const caches = this.#caches.map(({ keys, values }) => ({ keys: keys.address, values: values.address }));
    return { record: this.#host.state.record.address, caches };
  }

  /** Queues one decode step: the token picked last goes through the model, and the next is picked. */
  step(): void {
    this.#requireOpen();
    this.#graph().replay();
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
    // A recorded step keeps the memory that it uses.
    for (const graph of this.#graphs.values()) graph.destroy();
    this.#graphs.clear();
    this.#memory.free();
  }

  #requireOpen(): void {
    if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
  }

  /** Picks the token after row `row` of the chunk, which ends a sequence of `tokens` tokens. */
  async #pick(row: number, tokens: number): Promise<void> {
    const { buffers } = this.#shared;
    const { state } = this.#host;
    const bytes = sizesOf(this.config).residual * 4;
    // The row may lie anywhere; the decode kernels want theirs aligned, and there is one at hand.
    this.device.copy(state.residual, buffers.residual.view(row * bytes, bytes), bytes);
    await this.device.write(state.position, Int32Array.of(tokens - 1));
    this.#token.pick(state.residual, this.#picking);
    this.#mirror.copyFrom(state.ring, RING * 4);
  }

  #graph(): Graph {
    const known = this.#graphs.get(this.#picking);
    if (known) return known;
    const graph = this.device.capture(() => {
      this.#token.step(this.#picking);
      this.#mirror.copyFrom(this.#host.state.ring, RING * 4);
    });
    this.#graphs.set(this.#picking, graph);
    return graph;
  }
}

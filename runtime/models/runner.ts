import { abortable } from "../device/abortable.js";
import type { Allocations } from "../device/allocations.js";
import type { Device, DeviceBuffer, Graph, Mirror } from "../device/device.js";
import { DeviceError } from "../device/errors.js";
import type { Chunk } from "./attention/attention.js";
import type { WindowedAttention } from "./attention/windowed.js";
import { type CacheShape, growCache, tokensHeld, tokensThatFit } from "./cache.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import { ChunkPass } from "./chunk-pass.js";
import { chunksOf } from "./chunks.js";
import type { ModelConfig } from "./config.js";
import type { ModelHost } from "./host.js";
import { rowBytes, sizesOf } from "./sizes.js";
import { RING, STATE } from "./state.js";
import { type Picking, TokenPass } from "./token-pass.js";

export interface SamplingChoice {
  /** 0 takes the most likely token. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

/** A model on a device and what it needs for one sequence of up to `capacity` tokens. */
export interface RunnerParts {
  readonly host: ModelHost;
  readonly memory: Allocations;
  readonly buffers: ChunkBuffers;
  readonly windowed: WindowedAttention | undefined;
  readonly capacity: number;
  readonly shape: CacheShape;
}

export interface PrefillOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

/** Chunks queued before the host looks whether it should stop: enough to keep a GPU busy, few enough to stop soon. */
const LAG = { whole: 4, selecting: 1 } as const;

/** Prefill and single steps of a model, without text: its cache of one sequence, and a recorded decode step. */
export class Runner {
  readonly device: Device;
  readonly config: ModelConfig;
  /** Tokens that the cache holds. */
  readonly capacity: number;
  readonly #parts: RunnerParts;
  readonly #token: TokenPass;
  readonly #mirror: Mirror;
  readonly #ring: Int32Array;
  readonly #graphs = new Map<Picking, Graph>();
  #picking: Picking = "greedy";
  /** How the latest prompt ended. */
  #lastChunk: Chunk | undefined;
  #closed = false;

  constructor(parts: RunnerParts) {
    const { host, memory, capacity } = parts;
    this.#parts = parts;
    this.device = host.device;
    this.config = host.config;
    this.capacity = capacity;
    this.#token = new TokenPass(host);
    this.#mirror = memory.mirror(RING * 4);
    this.#ring = new Int32Array(this.#mirror.host);
  }

  /** Tokens that a sequence could have in the memory that is free now, and at the most the capacity. */
  get fits(): number {
    const { shape } = this.#parts;
    return Math.min(this.capacity, tokensHeld(this.#caches, shape) + tokensThatFit(this.device, shape));
  }

  /** Commits memory for a sequence of `tokens` tokens. Throws OutOfMemoryError; what the cache holds stays. */
  grow(tokens: number): void {
    this.#requireOpen();
    growCache(this.#caches, this.#parts.shape, Math.min(tokens, this.capacity));
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
    const { host, buffers, windowed } = this.#parts;
    const { state } = host;
    // Whoever stops does not wait for the chunk that runs: it takes seconds where processors compute it.
    const wait = (queued: Promise<void>) => abortable(queued, signal);
    this.grow(past + tokens.length);
    await wait(this.#begin(sampling));
    let queued = 0;
    for (const chunk of chunksOf(past, tokens.length, buffers.tokens, windowed)) {
      const start = chunk.past - past;
      const end = start + chunk.count;
      const piece = Int32Array.from(tokens.slice(start, end));
      await wait(this.device.write(buffers.ids.view(0, piece.byteLength), piece));
      if (chunk.selects) await wait(this.device.write(state.position, Int32Array.of(chunk.past)));
      new ChunkPass(host, buffers, chunk).run();
      if (chunk.last) {
        this.#lastChunk = chunk;
        await wait(this.#pick(chunk.count - 1, past + tokens.length));
      } else if (++queued % (chunk.selects ? LAG.selecting : LAG.whole) === 0) await wait(this.device.synchronize());
      onProgress?.(end);
    }
  }

  /**
   * Makes the cache hold `tokens` tokens whose keys and values `fill` writes, bf16, instead of those of a prompt; picks a token as `prefill`
   * does. For measuring steps after a prompt that would take long to read: they say nothing.
   */
  async pretend(tokens: number, sampling: SamplingChoice, fill: (buffer: DeviceBuffer) => void): Promise<void> {
    const { state } = this.#parts.host;
    this.grow(tokens);
    await this.#begin(sampling);
    const bytes = tokens * rowBytes(this.config);
    for (const { keys, values } of this.#caches) for (const buffer of [keys, values]) fill(buffer.view(0, bytes));
    for (const layer of this.#parts.host.layers) this.#parts.windowed?.quantize(layer, 0, tokens);
    this.device.fill(state.residual, 0);
    await this.device.write(state.position, Int32Array.of(tokens - 1));
    this.#token.pick(state.residual, this.#picking);
    this.#lastChunk = undefined;
    this.#mirror.copyFrom(state.ring, RING * 4);
  }

  /** Positions that the latest prompt's last chunk saw, ascending, one list a layer; undefined where it saw everything. */
  async seen(): Promise<Int32Array[] | undefined> {
    const chunk = this.#lastChunk;
    return chunk?.selects ? this.#parts.windowed?.kept(chunk.past + chunk.count) : undefined;
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
    await this.device.read(this.#parts.host.state.logits, logits);
    return logits;
  }

  /** GPU time of `count` decode steps, in milliseconds, without the host's part. */
  timeSteps(count: number): Promise<number> {
    return this.device.time(() => {
      for (let i = 0; i < count; i++) this.step();
    });
  }

  /** Frees all that the model has of the device. Steps that are queued still run; whoever asks for their tokens gets a DeviceError. */
  close(): void {
    this.#closed = true;
    // A recorded step keeps the memory that it uses.
    for (const graph of this.#graphs.values()) graph.destroy();
    this.#graphs.clear();
    this.#parts.memory.free();
  }

  get #caches() {
    return this.#parts.host.layers.map(({ cache }) => cache);
  }

  #requireOpen(): void {
    if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
  }

  /** Picks the token after row `row` of the chunk, which ends a sequence of `tokens` tokens. */
  async #pick(row: number, tokens: number): Promise<void> {
    const { host, buffers } = this.#parts;
    const { state } = host;
    const bytes = sizesOf(this.config).residual * 4;
    // The row may lie anywhere; the decode kernels want theirs aligned, and there is one at hand.
    this.device.copy(state.residual, buffers.residual.view(row * bytes, bytes), bytes);
    await this.device.write(state.position, Int32Array.of(tokens - 1));
    this.#token.pick(state.residual, this.#picking);
    this.#mirror.copyFrom(state.ring, RING * 4);
  }

  async #begin({ temperature, topK, topP, seed }: SamplingChoice): Promise<void> {
    const { state } = this.#parts.host;
    this.#picking = temperature === 0 ? "greedy" : "sample";
    await this.device.write(state.state, new Int32Array(STATE.length));
    await this.device.write(state.chances, Float32Array.of(temperature === 0 ? 1 : 1 / temperature, topP));
    await this.device.write(state.choices, Int32Array.of(Math.min(topK, this.config.tokens), seed | 0));
  }

  #graph(): Graph {
    const known = this.#graphs.get(this.#picking);
    if (known) return known;
    const graph = this.device.capture(() => {
      this.#token.step(this.#picking);
      this.#mirror.copyFrom(this.#parts.host.state.ring, RING * 4);
    });
    this.#graphs.set(this.#picking, graph);
    return graph;
  }
}

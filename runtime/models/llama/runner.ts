import { Allocations } from "../../device/allocations.js";
import type { Device, DeviceBuffer, Graph, LoadedBundle, Mirror } from "../../device/device.js";
import { DeviceError } from "../../device/errors.js";
import type { AttentionOptions } from "../../reattention/attention-options.js";
import type { Gguf } from "../../weights/index.js";
import type { ModelConfig } from "../config.js";
import { WindowedLayers } from "./attention.js";
import { chunksOf, rotatedPositions } from "./chunks.js";
import { type DecodeContext, decodeStep, type Pick, pickToken } from "./decode.js";
import { KernelLauncher } from "./launcher.js";
import { allocatePrefill, type Chunk, type PrefillBuffers, prefillChunk } from "./prefill.js";
import { uploadRotaryTable } from "./rotary-table.js";
import {
  allocateDecodeState,
  growCache,
  RING,
  reserveCache,
  rowBytes,
  STATE,
  tokensHeld,
  tokensThatFit,
} from "./state.js";
import { uploadLlama } from "./weights.js";

export interface SamplingChoice {
  /** 0 takes the most likely token. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

export interface RunnerOptions {
  readonly capacity: number;
  readonly attention: AttentionOptions;
  readonly onLayer?: (done: number) => void;
}

/** Tokens of a prefill at a time. Long chunks keep a GPU busy; short ones let the CPU executor report and stop in time. */
const CHUNK = { cuda: 8192, cpu: 128 } as const;

/** Of windowed attention, in whole chunks of its own. The CPU executor gains nothing from more than a few. */
const WINDOWED = { cuda: 8192, cpu: 64 } as const;

/** Chunks queued before the host looks whether it should stop: enough to keep a GPU busy, few enough to stop soon. */
const LAG = { dense: 4, windowed: 1 } as const;

/** A llama model on a device: its weights, its cache of one sequence, and a recorded decode step. */
export class LlamaRunner {
  readonly device: Device;
  readonly config: ModelConfig;
  /** Tokens that the cache holds. */
  readonly capacity: number;
  readonly #memory: Allocations;
  readonly #context: DecodeContext;
  readonly #prefill: PrefillBuffers;
  readonly #mirror: Mirror;
  readonly #ring: Int32Array;
  readonly #graphs = new Map<Pick, Graph>();
  #pick: Pick = "greedy";
  /** How the latest prompt ended. */
  #lastChunk: Chunk | undefined;
  #closed = false;

  /** Uploads the weights of `file`, and reserves what a sequence of `capacity` tokens needs; the cache takes memory as it fills. */
  static async load(
    device: Device,
    bundle: LoadedBundle,
    file: Gguf,
    config: ModelConfig,
    { capacity, attention, onLayer }: RunnerOptions,
  ): Promise<LlamaRunner> {
    const memory = new Allocations(device);
    try {
      const launcher = new KernelLauncher(device, bundle, config, memory);
      const options = attention.kind === "dense" ? undefined : attention;
      const weights = await uploadLlama(memory, file, config, onLayer);
      const rotary = await uploadRotaryTable(memory, config, rotatedPositions(capacity, options));
      const state = allocateDecodeState(launcher, config);
      const { chunk } = options ?? { chunk: 0 };
      const together = Math.max(1, Math.floor(Math.min(capacity, WINDOWED[device.kind]) / chunk));
      const windowed = options && new WindowedLayers(launcher, config, options, { capacity, together }, rotary, state);
      const prefill = allocatePrefill(
        memory,
        config,
        Math.min(capacity, Math.max(CHUNK[device.kind], chunk)),
        options ? Math.min(capacity, options.global + options.local) : capacity,
      );
      const caches = reserveCache(memory, config, capacity);
      const context = { launcher, config, weights, caches, rotary, state, windowed };
      return new LlamaRunner(memory, context, prefill, capacity);
    } catch (error) {
      memory.free();
      throw error;
    }
  }

  private constructor(memory: Allocations, context: DecodeContext, prefill: PrefillBuffers, capacity: number) {
    this.#memory = memory;
    this.#context = context;
    this.#prefill = prefill;
    this.device = memory.device;
    this.config = context.config;
    this.capacity = capacity;
    this.#mirror = memory.mirror(RING * 4);
    this.#ring = new Int32Array(this.#mirror.host);
  }

  /** Tokens that a sequence could have in the memory that is free now, and at the most the capacity. */
  get fits(): number {
    const held = tokensHeld(this.#context.caches, this.config);
    return Math.min(this.capacity, held + tokensThatFit(this.device, this.config));
  }

  /** Commits memory for a sequence of `tokens` tokens. Throws OutOfMemoryError; what the cache holds stays. */
  grow(tokens: number): void {
    this.#requireOpen();
    growCache(this.#context.caches, this.config, Math.min(tokens, this.capacity));
  }

  /**
   * Runs `tokens` after the `past` ones that the cache holds already, and picks the token that follows. That pick is step 0 of `token`.
   */
  async prefill(
    tokens: readonly number[],
    past: number,
    sampling: SamplingChoice,
    { signal, onProgress }: { signal?: AbortSignal; onProgress?: (done: number) => void } = {},
  ): Promise<void> {
    const { state, windowed } = this.#context;
    this.grow(past + tokens.length);
    await this.#begin(sampling);
    let queued = 0;
    for (const chunk of chunksOf(past, tokens.length, this.#prefill.tokens, windowed)) {
      signal?.throwIfAborted();
      const start = chunk.past - past;
      const end = start + chunk.count;
      const piece = Int32Array.from(tokens.slice(start, end));
      await this.device.write(this.#prefill.ids.view(0, piece.byteLength), piece);
      if (chunk.selects) await this.device.write(state.position, Int32Array.of(chunk.past));
      prefillChunk(this.#context, this.#prefill, chunk);
      if (chunk.last) {
        this.#lastChunk = chunk;
        const residualBytes = this.config.hidden * 4;
        // The row may lie anywhere; the decode kernels want theirs aligned, and there is one at hand.
        this.device.copy(
          state.residual,
          this.#prefill.residual.view((chunk.count - 1) * residualBytes, residualBytes),
          residualBytes,
        );
        await this.device.write(state.position, Int32Array.of(past + tokens.length - 1));
        pickToken(this.#context, state.residual, this.#pick);
        this.#mirror.copyFrom(state.ring, RING * 4);
      } else if (++queued % (chunk.selects ? LAG.windowed : LAG.dense) === 0) await this.device.synchronize();
      onProgress?.(end);
    }
  }

  /**
   * Makes the cache hold `tokens` tokens whose keys and values `fill` writes, bf16, instead of those of a prompt; picks a token as `prefill`
   * does. For measuring steps after a prompt that would take long to read: they say nothing.
   */
  async pretend(tokens: number, sampling: SamplingChoice, fill: (buffer: DeviceBuffer) => void): Promise<void> {
    const { state, caches } = this.#context;
    this.grow(tokens);
    await this.#begin(sampling);
    const bytes = tokens * rowBytes(this.config);
    for (const { keys, values } of caches) for (const buffer of [keys, values]) fill(buffer.view(0, bytes));
    this.device.fill(state.residual, 0);
    await this.device.write(state.position, Int32Array.of(tokens - 1));
    pickToken(this.#context, state.residual, this.#pick);
    this.#lastChunk = undefined;
    this.#mirror.copyFrom(state.ring, RING * 4);
  }

  /** Positions that the latest prompt's last chunk saw, ascending, one list a layer; undefined where it saw everything. */
  async seen(): Promise<Int32Array[] | undefined> {
    const chunk = this.#lastChunk;
    return chunk?.selects ? this.#context.windowed?.kept(chunk.past + chunk.count) : undefined;
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
    this.#memory.free();
  }

  #requireOpen(): void {
    if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
  }

  async #begin({ temperature, topK, topP, seed }: SamplingChoice): Promise<void> {
    const { state } = this.#context;
    this.#pick = temperature === 0 ? "greedy" : "sample";
    await this.device.write(state.state, new Int32Array(STATE.length));
    await this.device.write(state.chances, Float32Array.of(temperature === 0 ? 1 : 1 / temperature, topP));
    await this.device.write(state.choices, Int32Array.of(Math.min(topK, this.config.vocabulary), seed | 0));
  }

  #graph(): Graph {
    const known = this.#graphs.get(this.#pick);
    if (known) return known;
    const graph = this.device.capture(() => {
      decodeStep(this.#context, this.#pick);
      this.#mirror.copyFrom(this.#context.state.ring, RING * 4);
    });
    this.#graphs.set(this.#pick, graph);
    return graph;
  }
}

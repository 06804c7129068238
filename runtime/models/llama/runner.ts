import type { Device, Graph, LoadedBundle, Mirror } from "../../device/device.js";
import type { Gguf } from "../../weights/index.js";
import type { ModelConfig } from "../config.js";
import { type DecodeContext, decodeStep, type Pick, pickToken } from "./decode.js";
import { KernelLauncher } from "./launcher.js";
import { allocatePrefill, type PrefillBuffers, prefillChunk } from "./prefill.js";
import { uploadRotaryTable } from "./rotary-table.js";
import { allocateCache, allocateDecodeState, RING, STATE } from "./state.js";
import { uploadLlama } from "./weights.js";

export interface SamplingChoice {
  /** 0 takes the most likely token. */
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

/** Tokens of a prefill at a time. Long chunks keep a GPU busy; short ones let the CPU executor report and stop in time. */
const CHUNK = { cuda: 8192, cpu: 128 } as const;

/** A llama model on a device: its weights, its cache of one sequence, and a recorded decode step. */
export class LlamaRunner {
  readonly device: Device;
  readonly config: ModelConfig;
  /** Tokens that the cache holds. */
  readonly capacity: number;
  readonly #context: DecodeContext;
  readonly #prefill: PrefillBuffers;
  readonly #mirror: Mirror;
  readonly #ring: Int32Array;
  readonly #graphs = new Map<Pick, Graph>();
  #pick: Pick = "greedy";

  /** Uploads the weights of `file` and allocates everything that a sequence of `capacity` tokens needs. */
  static async load(
    device: Device,
    bundle: LoadedBundle,
    file: Gguf,
    config: ModelConfig,
    capacity: number,
    onLayer?: (done: number) => void,
  ): Promise<LlamaRunner> {
    const launcher = new KernelLauncher(device, bundle, config);
    return new LlamaRunner(
      {
        launcher,
        config,
        weights: await uploadLlama(device, file, config, onLayer),
        caches: allocateCache(device, config, capacity),
        rotary: await uploadRotaryTable(device, config, capacity),
        state: allocateDecodeState(device, config, launcher.tiles),
      },
      capacity,
    );
  }

  private constructor(context: DecodeContext, capacity: number) {
    this.#context = context;
    this.device = context.launcher.device;
    this.config = context.config;
    this.capacity = capacity;
    this.#prefill = allocatePrefill(this.device, this.config, Math.min(capacity, CHUNK[this.device.kind]), capacity);
    this.#mirror = this.device.mirror(RING * 4);
    this.#ring = new Int32Array(this.#mirror.host);
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
    const { state } = this.#context;
    await this.#begin(past + tokens.length - 1, sampling);
    for (let start = 0; start < tokens.length; start += this.#prefill.tokens) {
      signal?.throwIfAborted();
      const piece = Int32Array.from(tokens.slice(start, start + this.#prefill.tokens));
      await this.device.write(this.#prefill.ids.view(0, piece.byteLength), piece);
      prefillChunk(this.#context, this.#prefill, { count: piece.length, past: past + start });
      const last = start + piece.length === tokens.length;
      if (last) {
        const rowBytes = this.config.hidden * 4;
        // The row may lie anywhere; the decode kernels want theirs aligned, and there is one at hand.
        this.device.copy(
          state.residual,
          this.#prefill.residual.view((piece.length - 1) * rowBytes, rowBytes),
          rowBytes,
        );
        pickToken(this.#context, state.residual, this.#pick);
        this.#mirror.copyFrom(state.ring, RING * 4);
      } else await this.device.synchronize();
      onProgress?.(start + piece.length);
    }
  }

  /** Queues one decode step: the token picked last goes through the model, and the next is picked. */
  step(): void {
    this.#graph().replay();
  }

  /** Resolves when everything queued so far has run; `token` of the latest step is then valid. */
  arrived(): Promise<void> {
    return this.#mirror.arrived();
  }

  /** The token picked in `step`, which must be among the last RING. */
  token(step: number): number {
    return this.#ring[step % RING]!;
  }

  /** GPU time of `count` decode steps, in milliseconds, without the host's part. */
  timeSteps(count: number): Promise<number> {
    return this.device.time(() => {
      for (let i = 0; i < count; i++) this.step();
    });
  }

  close(): void {
    for (const graph of this.#graphs.values()) graph.destroy();
    this.#graphs.clear();
    this.#mirror.free();
  }

  async #begin(position: number, { temperature, topK, topP, seed }: SamplingChoice): Promise<void> {
    const { state, config } = { state: this.#context.state, config: this.config };
    this.#pick = temperature === 0 ? "greedy" : "sample";
    const fresh = new Int32Array(STATE.length);
    fresh[STATE.position] = position;
    await this.device.write(state.state, fresh);
    await this.device.write(state.chances, Float32Array.of(temperature === 0 ? 1 : 1 / temperature, topP));
    await this.device.write(state.choices, Int32Array.of(Math.min(topK, config.vocabulary), seed | 0));
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

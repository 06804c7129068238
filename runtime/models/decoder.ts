import { Allocations } from "../device/allocations.js";
import { DeviceError } from "../device/errors.js";
import { Batch, rowsFor } from "./batch.js";
import type { LayerCache } from "./cache.js";
import type { SharedHost } from "./host.js";
import { LastChunk, type ModelSequence, Runner } from "./runner.js";
import { ScoreBuffers } from "./scoring.js";
import { Shapings } from "./shapings.js";

/** What generations ask of a model, on one device or on several: `host` is then the first one's. */
export type ModelDecoder = Omit<Pick<Decoder, keyof Decoder>, "sequence"> & { sequence(): ModelSequence };

/** A model on a device, and the sequences of tokens that it has read there. */
export class Decoder {
  readonly host: SharedHost;
  /** Decodes several sequences in a step; undefined where that is not asked for, so many are faster one after another, or windowed attention takes them so. */
  readonly batch: Batch | undefined;
  readonly #memory: Allocations;
  readonly #shapings: Shapings;
  readonly #sequences = new Set<ModelSequence>();
  readonly #lastChunk = new LastChunk();
  #scoring: ScoreBuffers | undefined;
  #closed = false;

  /** `sequences`: how many may decode at once. */
  constructor(host: SharedHost, memory: Allocations, sequences: number) {
    this.host = host;
    const together = sequences >= host.device.traits.togetherFrom && !host.windowed;
    this.#shapings = new Shapings(host.device, memory, host.config, together ? rowsFor(sequences) : 1);
    this.batch = together ? new Batch(host, memory, sequences, this.#shapings) : undefined;
    this.#memory = memory;
  }

  /** A sequence of its own, empty: its cache, if none is given, takes memory as it fills. @throws OutOfMemoryError where there is not even room for its addresses */
  sequence(caches?: readonly LayerCache[]): Runner {
    if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
    const memory = new Allocations(this.host.device);
    try {
      const runner = new Runner(this.host, memory, {
        ...{ lastChunk: this.#lastChunk, shapings: this.#shapings, scoring: () => this.#scored(), caches },
      });
      this.#sequences.add(runner);
      return runner;
    } catch (error) {
      memory.free();
      throw error;
    }
  }

  #scored(): ScoreBuffers {
    const { config, buffers } = this.host;
    this.#scoring ??= new ScoreBuffers(this.#memory, config.vocabulary, buffers.tokens);
    return this.#scoring;
  }

  /** Frees what a sequence has of the device. */
  drop(runner: ModelSequence): void {
    this.#sequences.delete(runner);
    runner.close();
  }

  /** Positions that the latest prompt's last chunk saw; see Runner. */
  async seen(): Promise<Int32Array[] | undefined> {
    return this.#lastChunk.seen(this.host.windowed);
  }

  /** Frees all that the model has of the device. Steps that are queued still run; whoever asks for their tokens gets a DeviceError. */
  close(): void {
    this.#closed = true;
    for (const runner of this.#sequences) runner.close();
    this.#sequences.clear();
    this.batch?.close();
    this.#memory.free();
  }
}

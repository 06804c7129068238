import type { Allocator } from "../device/allocations.js";
import type { Mirror } from "../device/device.js";
import { powerOfTwo } from "../tiling.js";
import { allocateBatchBuffers, type BatchBuffers } from "./batch-buffers.js";
import { BatchPass } from "./batch-pass.js";
import type { SharedHost } from "./host.js";
import { Recordings } from "./recordings.js";
import type { ModelSequence } from "./runner.js";
import type { ChosenLogprob } from "./shaping.js";
import { pickShaped, type Shapings } from "./shapings.js";
import { RING } from "./state.js";
import { Told } from "./told.js";

/** Sequences that one step may decode together. */
export const MOST_ROWS = 64;

/** Rows of the step that `count` sequences take, so that few recorded steps serve all counts. */
export const rowsFor = (count: number): number => Math.max(2, powerOfTwo(count));

/** What a recorded step does: all of a step, with logits as they are or shaped; or up to the logits, and the pick by shaped ones. */
type Step = "plain" | "shaped" | "forward" | "choose";

/** Decodes a token of each of several sequences in one step. Who is in it is said by tables of addresses, so a recorded step serves them all. */
export class Batch {
  readonly #host: SharedHost;
  readonly #buffers: BatchBuffers;
  readonly #mirror: Mirror;
  readonly #picked: Int32Array;
  readonly #recordings: Recordings<string>;
  readonly #memory: Allocator;
  readonly #shapings: Shapings;
  #members: readonly ModelSequence[] = [];
  #tells: Told | undefined;

  /** Sequences from which on a step of all is faster than one of each. */
  get least(): number {
    return this.#host.device.traits.togetherFrom;
  }

  /** For up to `most` sequences. */
  constructor(host: SharedHost, memory: Allocator, most: number, shapings: Shapings) {
    const rows = rowsFor(most);
    this.#host = host;
    this.#recordings = new Recordings(host.device);
    this.#memory = memory;
    this.#shapings = shapings;
    this.#buffers = allocateBatchBuffers(host.device, memory, host.config, rows);
    // The host is sent all of it with every step.
    host.device.fill(this.#buffers.picked, 0);
    this.#mirror = memory.mirror(RING * rows * 4);
    this.#picked = new Int32Array(this.#mirror.host);
  }

  /** Whether these are the sequences that a step decodes, in this order. */
  holds(members: readonly ModelSequence[]): boolean {
    return members.length === this.#members.length && members.every((one, index) => one === this.#members[index]);
  }

  /** Makes these the sequences that steps decode. What was queued before must have run. */
  async arrange(members: readonly ModelSequence[]): Promise<void> {
    const { device, config } = this.#host;
    const { rows, records, caches } = this.#buffers;
    this.#members = [];
    const addresses = new BigInt64Array(rows);
    const tables = new BigInt64Array(2 * config.layers * rows);
    for (const [row, { addresses: own }] of members.entries()) {
      addresses[row] = own.record;
      for (const [index, { keys, values }] of own.caches.entries()) {
        tables[2 * index * rows + row] = keys;
        tables[(2 * index + 1) * rows + row] = values;
      }
    }
    await device.write(records, addresses);
    await device.write(caches, tables);
    this.#members = members;
  }

  /** Queues a step of all members. */
  step(): void {
    this.#replay(this.#members.some(({ isShaped }) => isShaped) ? "shaped" : "plain");
  }

  /** Queues the first part of a step, up to the logits; `choose` queues the rest, where any member is shaped. */
  forward(): void {
    this.#replay("forward");
  }

  choose(): void {
    this.#replay("choose");
  }

  /** Resolves when everything queued so far has run. */
  arrived(): Promise<void> {
    return this.#mirror.arrived();
  }

  /** The token that a member picked in a step of its own count, which must be among its last RING. */
  token(member: ModelSequence, step: number): number {
    const { rows } = this.#buffers;
    return this.#picked[(step % RING) * rows + this.#members.indexOf(member)]!;
  }

  /** What was told of that token, one of the latest, and of the `top` likeliest ones. */
  told(member: ModelSequence, step: number, top: number): ChosenLogprob {
    return this.#tells!.of(this.#members.indexOf(member), step, top);
  }

  /** Logits of a member's latest step. Waits for the device. */
  async logits(member: ModelSequence): Promise<Float32Array> {
    const { device, config } = this.#host;
    const logits = new Float32Array(config.vocabulary);
    const { byteLength } = logits;
    await device.read(this.#buffers.logits.view(this.#members.indexOf(member) * byteLength, byteLength), logits);
    return logits;
  }

  close(): void {
    this.#recordings.destroy();
  }

  #replay(step: Step): void {
    const rows = rowsFor(this.#members.length);
    if (step !== "plain") this.#tells ??= new Told(this.#host.device, this.#memory, this.#buffers.rows);
    this.#recordings.replay(`${step} ${rows}`, () => this.#record(step, rows));
  }

  #record(step: Step, rows: number): void {
    const { logits, records, picked, rows: room } = this.#buffers;
    const pass = new BatchPass(this.#host, this.#buffers, rows);
    if (step !== "choose") pass.forward();
    if (step === "forward") return;
    if (step === "plain") pass.choose();
    else {
      const { shaped } = this.#shapings;
      pickShaped(this.#host, { rows, room, logits, records, picked, shaped, told: this.#tells! });
    }
    this.#mirror.copyFrom(picked, picked.bytes);
  }
}

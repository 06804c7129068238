import type { Memory, PinnedMemory, Stream } from "../../native/index.js";
import { requireUnchanged } from "../host-bytes.js";
import type { Arrivals } from "./arrivals.js";

interface Slot {
  readonly pinned: PinnedMemory;
  readonly bytes: Uint8Array;
  /** Settles when the GPU has read the slot. */
  free: Promise<void>;
}

/**
 * Large copies of JavaScript's memory, through pinned slots in turn. The bytes are copied into the slots here and not on another thread: a
 * program may detach or resize its memory at any await, and a thread that reads it then would end the process.
 */
export class LargeWrites {
  static readonly slotBytes = 4 << 20;
  static readonly slots = 3;
  readonly #stream: Stream;
  readonly #arrivals: Arrivals;
  readonly #pin: (bytes: number) => PinnedMemory;
  readonly #slots: Slot[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(stream: Stream, arrivals: Arrivals, pin: (bytes: number) => PinnedMemory) {
    this.#stream = stream;
    this.#arrivals = arrivals;
    this.#pin = pin;
  }

  /** Resolves when `data` may be reused; its copies are on the stream by then. Writes go one after another. */
  write(to: Memory, offset: number, data: Uint8Array): Promise<void> {
    const bytes = data.byteLength;
    const done = this.#last.then(() => this.#copy(to, offset, data, bytes));
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #copy(to: Memory, offset: number, data: Uint8Array, bytes: number): Promise<void> {
    for (let at = 0, step = 0; at < bytes; at += LargeWrites.slotBytes, step++) {
      const slot = this.#slot(step % LargeWrites.slots);
      await slot.free;
      // Between pieces the event loop has its turn.
      if (at > 0) await new Promise(setImmediate);
      requireUnchanged(data, bytes);
      const piece = data.subarray(at, at + LargeWrites.slotBytes);
      slot.bytes.set(piece);
      this.#stream.enqueueWrite(to, offset + at, slot.pinned, 0, piece.byteLength);
      slot.free = this.#arrivals.mark();
      // What goes wrong on the GPU is reported by whoever waits for it.
      slot.free.catch(() => undefined);
    }
  }

  #slot(index: number): Slot {
    let slot = this.#slots[index];
    if (!slot) {
      const pinned = this.#pin(LargeWrites.slotBytes);
      slot = { pinned, bytes: new Uint8Array(pinned.buffer), free: Promise.resolve() };
      this.#slots.push(slot);
    }
    return slot;
  }
}

import type { Memory, PinnedMemory, Stream } from "../../native/index.js";
import { requireUnchanged } from "../host-bytes.js";
import type { Arrivals } from "./arrivals.js";
import { type PinnedBytes, pinnedBytes, takeFrom } from "./pinned.js";

interface Slot extends PinnedBytes {
  /** Resolves when the GPU has read the slot, or what it wrote there has been taken. */
  free: Promise<void>;
}

/**
 * Large copies from and to JavaScript's memory, through pinned slots in turn. That memory is touched here and not on another thread: a
 * program may detach or resize it at any await, and a thread that uses it then would end the process.
 */
export class LargeCopies {
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

  /** Resolves when `data` may be reused; its copies are on the stream by then. */
  write(to: Memory, offset: number, data: Uint8Array): Promise<void> {
    return this.#inTurn(data, "written", async (slot, piece, at) => {
      slot.bytes.set(piece);
      this.#stream.enqueueWrite(to, offset + at, slot.pinned, 0, piece.byteLength);
      // What goes wrong on the GPU is reported by whoever waits for it.
      slot.free = this.#arrivals.mark().catch(() => undefined);
    });
  }

  /** Resolves when `into` is filled. */
  async read(from: Memory, offset: number, into: Uint8Array): Promise<void> {
    const { byteLength } = into;
    const taken: Promise<void>[] = [];
    await this.#inTurn(into, "read", async (slot, piece, at) => {
      this.#stream.enqueueRead(from, offset + at, slot.pinned, 0, piece.byteLength);
      const arrived = this.#arrivals.mark().then(() => {
        requireUnchanged(into, byteLength, "read");
        takeFrom(slot, piece);
      });
      slot.free = arrived.catch(() => undefined);
      taken.push(arrived);
    });
    await Promise.all(taken);
  }

  /** Copies go one after another, each piece by piece; between pieces the event loop has its turn. */
  #inTurn(
    data: Uint8Array,
    verb: "written" | "read",
    copy: (slot: Slot, piece: Uint8Array, at: number) => Promise<void>,
  ): Promise<void> {
    const { byteLength } = data;
    const done = this.#last.then(async () => {
      for (let at = 0, step = 0; at < byteLength; at += LargeCopies.slotBytes, step++) {
        const slot = this.#slot(step % LargeCopies.slots);
        await slot.free;
        if (at > 0) await new Promise(setImmediate);
        requireUnchanged(data, byteLength, verb);
        await copy(slot, data.subarray(at, at + LargeCopies.slotBytes), at);
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  #slot(index: number): Slot {
    this.#slots[index] ??= { ...pinnedBytes(this.#pin(LargeCopies.slotBytes)), free: Promise.resolve() };
    return this.#slots[index];
  }
}

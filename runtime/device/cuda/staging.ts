import type { Memory, PinnedMemory, Stream } from "../../native/index.js";
import { requireUnchanged } from "../host-bytes.js";
import type { Arrivals } from "./arrivals.js";
import { type PinnedBytes, pinnedBytes, takeFrom } from "./pinned.js";

/**
 * Small copies through pinned slots. They are queued on the stream at once, so they keep their place among the launches, and nothing waits:
 * when every slot is under way, another is made.
 */
export class Staging {
  /** The most bytes that one copy takes. */
  static readonly limit = 64 * 1024;
  readonly #stream: Stream;
  readonly #arrivals: Arrivals;
  readonly #pin: (bytes: number) => PinnedMemory;
  readonly #free: PinnedBytes[] = [];

  constructor(stream: Stream, arrivals: Arrivals, pin: (bytes: number) => PinnedMemory) {
    this.#stream = stream;
    this.#arrivals = arrivals;
    this.#pin = pin;
  }

  /** Takes over `data` and queues the copy. */
  write(to: Memory, offset: number, data: Uint8Array): void {
    const slot = this.#take();
    slot.bytes.set(data);
    const release = () => void this.#free.push(slot);
    try {
      this.#stream.enqueueWrite(to, offset, slot.pinned, 0, data.byteLength);
    } catch (error) {
      release();
      throw error;
    }
    // What goes wrong on the GPU is reported by whoever waits for it.
    this.#arrivals.mark().then(release, release);
  }

  /** Queues the copy; resolves when `into` is filled. */
  async read(from: Memory, offset: number, into: Uint8Array): Promise<void> {
    const slot = this.#take();
    const { byteLength } = into;
    try {
      this.#stream.enqueueRead(from, offset, slot.pinned, 0, byteLength);
      await this.#arrivals.mark();
      requireUnchanged(into, byteLength, "read");
      takeFrom(slot, into);
    } finally {
      this.#free.push(slot);
    }
  }

  #take(): PinnedBytes {
    return this.#free.pop() ?? pinnedBytes(this.#pin(Staging.limit));
  }
}

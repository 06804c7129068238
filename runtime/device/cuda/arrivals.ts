import type { Event, Stream } from "../../native/index.js";

interface Waiting {
  readonly event: Event;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Promises for points of a stream. Work on a stream ends in order, so one thread of the pool waits for the oldest point only, however many
 * are asked for; a pool full of waiting threads would stop file reads.
 */
export class Arrivals {
  readonly #stream: Stream;
  readonly #makeEvent: () => Event;
  readonly #free: Event[] = [];
  readonly #waiting: Waiting[] = [];
  #pumping = false;

  constructor(stream: Stream, makeEvent: () => Event) {
    this.#stream = stream;
    this.#makeEvent = makeEvent;
  }

  /** Resolves when everything queued before this call has finished; rejects with the error of what failed. */
  mark(): Promise<void> {
    const event = this.#free.pop() ?? this.#makeEvent();
    this.#stream.record(event);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      if (!this.#pumping) void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let oldest = this.#waiting.shift(); oldest; oldest = this.#waiting.shift()) {
      try {
        if (!oldest.event.done()) await oldest.event.synchronizeAsync();
        oldest.resolve();
      } catch (error) {
        oldest.reject(error);
      }
      this.#free.push(oldest.event);
    }
    this.#pumping = false;
  }
}

import type { Event, Stream } from "../../native/index.js";

interface Waiting {
  readonly event: Event;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Threads of Node's pool, which has four, that wait for GPUs: with several in one process, more would stop file reads, and so what a kernel may
 * be waiting for.
 */
const THREADS = 2;
let waiting = 0;

/** Resolves when the event has ended; who finds no thread looks every millisecond. */
async function ended(event: Event): Promise<void> {
  while (!event.done()) {
    if (waiting === THREADS) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    waiting++;
    try {
      return await event.synchronizeAsync();
    } finally {
      waiting--;
    }
  }
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
        await ended(oldest.event);
        oldest.resolve();
      } catch (error) {
        oldest.reject(error);
      }
      this.#free.push(oldest.event);
    }
    this.#pumping = false;
  }
}

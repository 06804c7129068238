import { RequestError } from "./errors.js";

/** How many requests are under way; what comes when there are too many is turned away at once instead of waiting for ever. */
export class Queue {
  readonly #most: number;
  #inside = 0;
  #emptied: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get inside(): number {
    return this.#inside;
  }

  /** Takes a place. Gives what leaves it again, once. @throws RequestError 429 where none is free */
  enter(): () => void {
    if (this.#inside >= this.#most)
      throw new RequestError(429, "queue_full", `${this.#most} requests are under way already: ask again later`);
    this.#inside++;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      if (--this.#inside === 0) for (const go of this.#emptied.splice(0)) go();
    };
  }

  /** Resolves when nobody is inside. */
  empty(): Promise<void> {
    return this.#inside === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptied.push(resolve));
  }
}

/** Goes through what comes one by one. Not an async generator: the `return` of one waits for the `next` that is under way. */
export class PieceIterator<Piece> implements AsyncIterableIterator<Piece, undefined, undefined> {
  readonly #at: (index: number) => Promise<Piece | undefined>;
  readonly #leave: () => void;
  #next = 0;
  #over = false;

  /** `at` gives a piece when it is there, undefined behind the last one; `leave` is told of an iteration that is left before it began to end. */
  constructor(at: (index: number) => Promise<Piece | undefined>, leave: () => void) {
    this.#at = at;
    this.#leave = leave;
  }

  async next(): Promise<IteratorResult<Piece, undefined>> {
    if (this.#over) return { done: true, value: undefined };
    try {
      const value = await this.#at(this.#next++);
      if (value !== undefined) return { done: false, value };
    } catch (error) {
      this.#over = true;
      throw error;
    }
    this.#over = true;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Piece, undefined>> {
    if (!this.#over) {
      this.#over = true;
      this.#leave();
    }
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<never> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

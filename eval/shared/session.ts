/** The model of one attention mode: opened once for all contexts if that can be, and anew after a failure. */

/** What is opened: a model, or in tests anything. */
interface Closable {
  close(): void | Promise<void>;
}

export class Session<Opened extends Closable> {
  readonly #open: (context: number) => Promise<Opened>;
  /** Contexts to open the model for, the longest first. */
  readonly #capacities: readonly number[];
  readonly #signal: AbortSignal | undefined;
  /** Why there is no model for so many tokens. */
  readonly #refused = new Map<number, unknown>();
  #model: Opened | undefined;
  #capacity = 0;

  constructor(open: (context: number) => Promise<Opened>, contexts: readonly number[], signal?: AbortSignal) {
    this.#open = open;
    this.#capacities = [...new Set(contexts)].sort((a, b) => b - a);
    this.#signal = signal;
  }

  /** A model for at least `context` tokens: the largest that can be had. @throws why there is none */
  async model(context: number): Promise<Opened> {
    if (this.#model && this.#capacity >= context) return this.#model;
    await this.close();
    for (const capacity of this.#capacities) {
      if (capacity < context || this.#refused.has(capacity)) continue;
      try {
        this.#model = await this.#open(capacity);
        this.#capacity = capacity;
        return this.#model;
      } catch (error) {
        if (this.#signal?.aborted) throw error;
        this.#refused.set(capacity, error);
      }
    }
    throw this.#refused.get(context);
  }

  /**
   * Gives up a model whose answer failed: it may be in any state, and may have failed for having taken all memory beforehand. Gives whether that may be, so
   * that a smaller one may do.
   */
  async failed(context: number, error: unknown): Promise<boolean> {
    if (!this.#model) return false;
    const isLarger = this.#capacity > context;
    if (isLarger) this.#refused.set(this.#capacity, error);
    await this.close().catch(() => {});
    return isLarger;
  }

  async close(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.close();
  }
}

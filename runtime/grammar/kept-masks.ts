/** Masks of many grammars together, in so many bytes: where there are more, those of the grammar go that was longest without a new one. */
export class KeptMasks {
  readonly #most: number;
  #bytes = 0;
  /** Of each grammar, in the order of their latest masks. */
  readonly #kept = new Map<object, Map<number, Uint32Array>>();

  constructor(most = 256 << 20) {
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What is kept for a state of a grammar. */
  get(grammar: object, state: number): Uint32Array | undefined {
    return this.#kept.get(grammar)?.get(state);
  }

  keep(grammar: object, state: number, mask: Uint32Array): void {
    const own = this.#kept.get(grammar) ?? new Map();
    this.#kept.delete(grammar);
    this.#kept.set(grammar, own.set(state, mask));
    this.#bytes += mask.byteLength;
    for (const other of this.#kept.keys()) {
      if (this.#bytes <= this.#most) break;
      this.drop(other);
    }
  }

  /** Forgets those of a grammar. */
  drop(grammar: object): void {
    for (const mask of this.#kept.get(grammar)?.values() ?? []) this.#bytes -= mask.byteLength;
    this.#kept.delete(grammar);
  }
}

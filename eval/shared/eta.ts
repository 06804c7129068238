/** How long a run still takes, from how long its parts took so far. */

/**
 * Relative cost of a prompt. Reading a token costs the same plus something for every token before it; they are alike near 8192 for the models
 * at hand. Only the proportions between contexts matter, and every answer that comes corrects the scale.
 */
const cost = (tokens: number): number => tokens * (1 + tokens / 8192);

export class Eta {
  readonly #total: number;
  readonly #now: () => number;
  #done = 0;
  #elapsed = 0;
  #began: number | undefined;

  /** @param prompts tokens of every prompt of the run */
  constructor(prompts: readonly number[], now: () => number = () => performance.now()) {
    this.#total = prompts.reduce((sum, tokens) => sum + cost(tokens), 0);
    this.#now = now;
  }

  /** A prompt is begun: time between prompts does not count. */
  begin(): void {
    this.#began = this.#now();
  }

  end(tokens: number): void {
    this.#elapsed += this.#now() - (this.#began ?? this.#now());
    this.#began = undefined;
    this.#done += cost(tokens);
  }

  /** Milliseconds left, when `read` tokens of the prompt under way have been read; undefined while nothing is known. */
  remaining(read = 0): number | undefined {
    const done = this.#done + cost(read);
    const elapsed = this.#elapsed + (this.#began === undefined ? 0 : this.#now() - this.#began);
    return done > 0 && elapsed > 0 ? (elapsed / done) * Math.max(0, this.#total - done) : undefined;
  }
}

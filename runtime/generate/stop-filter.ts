/** Lets text through up to the first of some stop texts, holding back what may be the beginning of one. */
export class StopFilter {
  readonly #stops: readonly string[];
  #held = "";
  #stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** True once a stop text has been seen; nothing comes through any more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The part of all text so far that is now certain to come before any stop. */
  push(text: string): string {
    if (this.#stopped) return "";
    const all = this.#held + text;
    const ends = this.#stops.map((stop) => all.indexOf(stop)).filter((at) => at >= 0);
    if (ends.length > 0) {
      this.#stopped = true;
      this.#held = "";
      return all.slice(0, Math.min(...ends));
    }
    const keep = Math.max(0, ...this.#stops.map((stop) => longestOverlap(all, stop)));
    this.#held = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }

  /** What was held back, at the end of the text. */
  flush(): string {
    const rest = this.#held;
    this.#held = "";
    return rest;
  }
}

/** Length of the longest end of `text` that is a proper beginning of `stop`. */
function longestOverlap(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}

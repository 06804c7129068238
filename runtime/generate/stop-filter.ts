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
    const end = this.#first(all);
    const open = all.length - Math.max(0, ...this.#stops.map((stop) => heldBack(all, stop)));
    // A stop that begins earlier may still become whole: "a" has come of "ba", and "bac" would end the text before it.
    const certain = Math.min(end, open);
    this.#stopped = end <= open && end < all.length;
    this.#held = this.#stopped ? "" : all.slice(certain);
    return all.slice(0, certain);
  }

  /** What was held back, at the end of the text. */
  flush(): string {
    const rest = this.#held;
    this.#held = "";
    const end = this.#first(rest);
    if (end < rest.length) this.#stopped = true;
    return rest.slice(0, end);
  }

  /** Where the first stop in `text` begins; its length without one. */
  #first(text: string): number {
    return Math.min(text.length, ...this.#stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0));
  }
}

/** Length of the longest end of `text` that is a proper beginning of `stop`: that much may still become one. */
export function heldBack(text: string, stop: string): number {
  for (let length = Math.min(stop.length - 1, text.length); length > 0; length--)
    if (text.endsWith(stop.slice(0, length))) return length;
  return 0;
}

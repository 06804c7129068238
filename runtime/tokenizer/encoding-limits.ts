/** What encoding one text may take, where a stranger's tokenizer.json says how it is done. */

import { createContext, Script } from "node:vm";

/** Released patterns cut a million characters in a second or two. */
const usualMs = 10_000;
const msPerCharacter = 0.01;

/** Words in one go: setting the watchdog takes as long as cutting some hundred. */
const atOnce = 1024;

const holder: { work: () => void } = { work: () => {} };
const script = new Script("work()");
const context = createContext({ work: () => holder.work() });

/** The message goes on where a sentence says what is too much. */
export class EncodingLimit extends Error {}

/** A step may shorten a longer text, and leave it as long, but none may make one. */
const mostCharacters = 1 << 27;

/** Throws where a step that was given `before` characters makes more of them than there is room for. */
export function requireRoom(characters: number, before: number): void {
  if (characters > mostCharacters && characters > before)
    throw new EncodingLimit(`makes a text of more than ${mostCharacters} characters`);
}

/**
 * The time for one text; only what is done within counts. V8 looks whether a watchdog of node:vm has something to say even while it matches a
 * regular expression.
 */
export class TimeLimit {
  readonly #ms: number;
  #left: number;

  constructor(characters: number, leastMs = usualMs) {
    this.#ms = Math.ceil(leastMs + characters * msPerCharacter);
    this.#left = this.#ms;
  }

  /** What `work` gives. What it changes is lost to use when it is ended half-way: it must have all for itself. */
  within<T>(work: () => T): T {
    const began = performance.now();
    let result: { readonly value: T } | undefined;
    holder.work = () => {
      result = { value: work() };
    };
    try {
      script.runInContext(context, { timeout: Math.max(1, Math.ceil(this.#left)) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
        throw new EncodingLimit(`takes more than ${this.#ms / 1000} s`);
      }
      throw error;
    } finally {
      holder.work = () => {};
      this.#left -= performance.now() - began;
    }
    return result!.value;
  }

  /** All of `items`, made within the time. */
  *each<T>(items: Iterable<T>): Generator<T> {
    const iterator = items[Symbol.iterator]();
    for (let done = false; !done; ) {
      const some: T[] = [];
      this.within(() => {
        while (some.length < atOnce && !done) {
          const next = iterator.next();
          if (next.done) done = true;
          else some.push(next.value);
        }
      });
      yield* some;
    }
  }
}

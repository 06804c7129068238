import type { Span } from "./span.js";

/**
 * How far a kernel may go, so that no source makes the compiler run without an end or out of stack. Far beyond what kernels need;
 * docs/limits.md says what each one counts.
 */
export const LIMITS = {
  characters: 1_000_000,
  nesting: 200,
  parameters: 256,
  builds: 256,
  choices: 256,
  steps: 100_000,
  elements: 10_000,
  terms: 100,
  operations: 50_000,
  work: 250_000,
  tile: 1_048_576,
} as const;

/** Something that a kernel may not have more of; docs/limits.md has how much. */
export type Limit = keyof typeof LIMITS;

/** Ends work that goes beyond a limit. The innermost piece of source that was worked on gives it its place. */
export class LimitExceeded extends Error {
  override readonly name = "LimitExceeded";
  readonly limit: Limit;
  readonly span: Span | undefined;
  constructor(limit: Limit, span?: Span) {
    super(`beyond the limit of ${LIMITS[limit]} (${limit})`);
    this.limit = limit;
    this.span = span;
  }
}

/** What is left of a limit. */
export class Budget {
  readonly #limit: Limit;
  #left: number;

  constructor(limit: Limit) {
    this.#limit = limit;
    this.#left = LIMITS[limit];
  }

  spend(amount = 1): void {
    this.#left -= amount;
    if (this.#left < 0) throw new LimitExceeded(this.#limit);
  }

  /** Runs one level further inside, and is as before afterwards. */
  inside<T>(run: () => T): T {
    this.spend();
    const result = run();
    this.#left++;
    return result;
  }
}

/** A stack that ends before the limits do is one of them too: how much of it there is left depends on the caller. */
const isOutOfStack = (error: unknown): boolean => error instanceof RangeError && /call stack/.test(error.message);

/** Runs something that stands at this place of the source: a limit that it goes beyond is told there, unless further inside. */
export function placed<T>(span: () => Span, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (isOutOfStack(error)) throw new LimitExceeded("nesting", span());
    if (error instanceof LimitExceeded && error.span === undefined) throw new LimitExceeded(error.limit, span());
    throw error;
  }
}

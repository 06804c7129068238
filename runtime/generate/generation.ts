import { deferred } from "../deferred.js";

/** A piece of generated text, in whole characters, and the token that completed it. */
export interface Piece {
  readonly text: string;
  readonly token: number;
}

export interface Timings {
  /** From the call to the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  readonly promptTokensPerSecond: number;
  /** Tokens after the first, over decodeMs; 0 where there is only one. */
  readonly tokensPerSecond: number;
}

export type StopReason = "end" | "stop" | "maxTokens" | "context";

export interface GenerationResult {
  readonly text: string;
  /** Generated tokens, without the one that ended the turn. */
  readonly tokens: readonly number[];
  readonly promptTokens: number;
  /** Of these, tokens that the cache still held from the generation before. */
  readonly cachedTokens: number;
  readonly stopReason: StopReason;
  readonly timings: Timings;
}

/**
 * Text as it is generated: iterate for the pieces, then await `result`; or await `result` alone.
 *
 * ```ts
 * const generation = model.generate("Why is the sky blue?", { maxTokens: 64 });
 * for await (const { text } of generation) process.stdout.write(text);
 * const { timings } = await generation.result;
 * ```
 */
export class Generation implements AsyncIterable<Piece> {
  readonly #run: () => AsyncGenerator<Piece, GenerationResult>;
  readonly #result = deferred<GenerationResult>();
  #started = false;

  constructor(run: () => AsyncGenerator<Piece, GenerationResult>) {
    this.#run = run;
    // Whoever only iterates sees the error there; without this it would also count as unhandled.
    this.#result.promise.catch(() => {});
  }

  /** Everything at the end. Runs the generation if nobody iterates. */
  get result(): Promise<GenerationResult> {
    if (!this.#started) void this.#drain();
    return this.#result.promise;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Piece> {
    this.#started = true;
    const run = this.#run();
    let finished = false;
    try {
      for (;;) {
        const next = await run.next();
        if (next.done) {
          finished = true;
          this.#result.resolve(next.value);
          return;
        }
        yield next.value;
      }
    } catch (error) {
      finished = true;
      this.#result.reject(error);
      throw error;
    } finally {
      if (!finished) {
        await run.return(undefined as never);
        this.#result.reject(new DOMException("The generation was left before its end", "AbortError"));
      }
    }
  }

  async #drain(): Promise<void> {
    try {
      for await (const _ of this);
    } catch {
      // The result carries it.
    }
  }
}

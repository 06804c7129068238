import { deferred } from "../deferred.js";
import type { ChosenLogprob } from "../models/shaping.js";
import type { ToolCall } from "../tools/index.js";
import { PieceIterator } from "./piece-iterator.js";

/** A piece of generated text, in whole characters, and the token that completed it. */
export interface Piece {
  readonly text: string;
  readonly token: number;
  /** Calls that are whole with it, where tools are given. */
  readonly toolCalls?: readonly ToolCall[];
  /** Of the tokens since the piece before, where `logprobs` asks for them. */
  readonly logprobs?: readonly ChosenLogprob[];
}

/** How long a generation took. */
export interface Timings {
  /** From the call to the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** From the first token to the last. */
  readonly decodeMs: number;
  /** Tokens that were read, over the time from when that began to the first token. */
  readonly promptTokensPerSecond: number;
  /** Tokens after the first, over decodeMs; 0 where there is only one. */
  readonly tokensPerSecond: number;
}

/** Why a generation ended: the model ended its turn or calls tools, a stop text came, or no more was to be generated or had room. */
export type StopReason = "end" | "stop" | "maxTokens" | "context" | "toolCalls";

/** A generation that has ended. */
export interface GenerationResult {
  readonly text: string;
  /** What the answer calls, where tools are given; it is not in the text. */
  readonly toolCalls?: readonly ToolCall[];
  /** Generated tokens, without the one that ended the turn. */
  readonly tokens: readonly number[];
  /** Of each of them, where `logprobs` asks for them. */
  readonly logprobs?: readonly ChosenLogprob[];
  readonly promptTokens: number;
  /** Of these, tokens that a cache still held from a generation before, or from one beside it. */
  readonly cachedTokens: number;
  readonly stopReason: StopReason;
  readonly timings: Timings;
}

/** Takes what a generation makes: pieces, then its end or the reason why there is none; nothing after that. */
export interface Receiver {
  piece(piece: Piece): void;
  end(result: GenerationResult): void;
  fail(reason: unknown): void;
}

/** Begins a generation; gives what ends it early, for a reason. */
export type Start = (to: Receiver) => (reason: unknown) => void;

/**
 * Text as it is generated: iterate for the pieces, then await `result`; or await `result` alone. It begins when either is first asked for, and
 * goes on at its own pace to its end, whoever reads: only a signal or an iteration that is left ends it early.
 *
 * ```ts
 * const generation = model.generate("Why is the sky blue?", { maxTokens: 64 });
 * for await (const { text } of generation) process.stdout.write(text);
 * const { timings } = await generation.result;
 * ```
 */
export class Generation implements AsyncIterable<Piece> {
  readonly #start: Start;
  readonly #result = deferred<GenerationResult>();
  /** At the most as many as tokens were asked for. */
  readonly #pieces: Piece[] = [];
  /** Who waits for a piece or the end. */
  #waiting: (() => void)[] = [];
  #ended: { readonly reason?: unknown } | undefined;
  #leave: ((reason: unknown) => void) | undefined;

  /** Made by `model.generate`. @internal */
  constructor(start: Start) {
    this.#start = start;
    // Whoever only iterates sees the error there; without this it would also count as unhandled.
    this.#result.promise.catch(() => {});
  }

  /** Everything at the end. */
  get result(): Promise<GenerationResult> {
    this.#begin();
    return this.#result.promise;
  }

  /** The pieces, from the first one on. Leaving the iteration ends the generation. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Piece, undefined, undefined> {
    return new PieceIterator(
      (index) => this.#piece(index),
      () => this.#left(),
    );
  }

  async #piece(index: number): Promise<Piece | undefined> {
    this.#begin();
    while (!this.#ended && index >= this.#pieces.length)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#ended && "reason" in this.#ended) throw this.#ended.reason;
    return this.#pieces[index];
  }

  #begin(): void {
    if (this.#leave) return;
    this.#leave = () => {};
    const leave = this.#start({
      piece: (piece) => this.#put(() => this.#pieces.push(piece)),
      end: (result) =>
        this.#put(() => {
          this.#ended = {};
          this.#result.resolve(result);
        }),
      fail: (reason) =>
        this.#put(() => {
          this.#ended = { reason };
          this.#result.reject(reason);
        }),
    });
    this.#leave = leave;
  }

  #put(change: () => void): void {
    if (this.#ended) return;
    change();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #left(): void {
    if (!this.#ended) this.#leave?.(new DOMException("The generation was left before its end", "AbortError"));
  }
}

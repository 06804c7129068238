import { deferred } from "../deferred.js";
import { OutOfMemoryError } from "../device/errors.js";
import type { Runner } from "../models/runner.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import type { Tokenizer } from "../tokenizer/index.js";
import { GenerateError } from "./errors.js";
import type { GenerationResult, Piece, StopReason } from "./generation.js";
import { type Choices, type GenerateOptions, readOptions } from "./options.js";
import { StopFilter } from "./stop-filter.js";

export interface AnsweringParts {
  readonly runner: Runner;
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  /** Looks for the reason where what comes out is no number: the error to throw. */
  readonly explain: (signal: AbortSignal | undefined) => Promise<Error>;
}

/** Answers prompts with a model that runs, one after another; what a cached sequence and a prompt have in common is read once. */
export class Answering {
  readonly #runner: Runner;
  readonly #tokenizer: Tokenizer;
  readonly #attention: AttentionOptions;
  readonly #explain: AnsweringParts["explain"];
  /** Ids that end an answer: the tokenizer's, and those that the model's configuration names. */
  readonly #ends: ReadonlySet<number>;
  /** Tokens whose keys and values the cache holds, so that a conversation's next turn reads only what is new. */
  #cached: number[] = [];
  /** How many of them were read as a prompt; the rest was generated. */
  #read = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ runner, tokenizer, attention, explain }: AnsweringParts) {
    this.#runner = runner;
    this.#tokenizer = tokenizer;
    this.#attention = attention;
    this.#explain = explain;
    this.#ends = new Set([...tokenizer.eosIds, ...runner.config.eosIds]);
  }

  /** Settles when no answer is under way. */
  async idle(): Promise<void> {
    await this.#turn.catch(() => {});
  }

  /** The pieces of an answer, when its turn has come. */
  async *answer(
    prompt: readonly number[] | (() => readonly number[] | Promise<readonly number[]>),
    options: GenerateOptions,
  ): AsyncGenerator<Piece, GenerationResult> {
    const before = this.#turn;
    const mine = deferred<void>();
    this.#turn = mine.promise;
    try {
      await before;
      options.signal?.throwIfAborted();
      return yield* this.#generate(typeof prompt === "function" ? await prompt() : prompt, options);
    } finally {
      mine.resolve();
    }
  }

  async *#generate(prompt: readonly number[], options: GenerateOptions): AsyncGenerator<Piece, GenerationResult> {
    const began = performance.now();
    const choices = readOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    const limit = this.#room(prompt, choices);
    const past = this.#reusable(prompt);
    this.#cached = this.#cached.slice(0, past);
    this.#commit(prompt.length + limit);
    const fresh = prompt.slice(past);
    await this.#runner.prefill(fresh, past, choices, {
      signal,
      onProgress: (done) => options.onPrefill?.(past + done, prompt.length),
    });
    const clock = { firstAt: 0, lastAt: 0 };
    const tokens: number[] = [];
    const text = new Text(this.#tokenizer, choices.stop);
    let stopReason: StopReason = limit < choices.maxTokens ? "context" : "maxTokens";
    const steps = this.#steps(limit, signal);
    try {
      for await (const token of steps) {
        clock.lastAt = performance.now();
        clock.firstAt ||= clock.lastAt;
        if (this.#ends.has(token)) {
          stopReason = "end";
          break;
        }
        tokens.push(token);
        const piece = text.push(token);
        if (piece) yield { text: piece, token };
        if (text.stopped) break;
      }
      const rest = text.end();
      if (rest) yield { text: rest, token: tokens.at(-1)! };
    } finally {
      // Steps queued ahead still write to the cache, behind the tokens that count.
      await steps.return(undefined);
      this.#cached = [...prompt, ...tokens.slice(0, -1)];
      this.#read = prompt.length;
    }
    await this.#requireNumbers(signal);
    const firstTokenMs = clock.firstAt - began;
    const decodeMs = clock.lastAt - clock.firstAt;
    return {
      text: text.whole,
      tokens,
      promptTokens: prompt.length,
      cachedTokens: past,
      stopReason: text.stopped ? "stop" : stopReason,
      timings: {
        firstTokenMs,
        decodeMs,
        promptTokensPerSecond: (fresh.length / firstTokenMs) * 1000,
        tokensPerSecond: decodeMs > 0 ? ((tokens.length - 1) / decodeMs) * 1000 : 0,
      },
    };
  }

  /**
   * Where logits are no numbers no token is likelier than another, and the vocabulary's first is picked for ever; once they are, they stay so.
   * One look at the end, because one in between would make steps wait.
   */
  async #requireNumbers(signal: AbortSignal | undefined): Promise<void> {
    const logits = await this.#runner.logits();
    if (logits.subarray(0, this.#runner.config.tokens).every(Number.isFinite)) return;
    this.#cached = [];
    throw await this.#explain(signal);
  }

  /** Tokens as they arrive, with as many steps queued ahead as the device likes; what is left over at the end is thrown away. */
  async *#steps(limit: number, signal: AbortSignal | undefined): AsyncGenerator<number, void> {
    const runner = this.#runner;
    const arrivals: Promise<void>[] = [runner.arrived()];
    try {
      for (let step = 0; step < limit; step++) {
        while (arrivals.length <= runner.device.traits.stepsAhead && step + arrivals.length < limit) {
          runner.step();
          arrivals.push(runner.arrived());
        }
        await arrivals.shift();
        signal?.throwIfAborted();
        yield runner.token(step);
      }
    } finally {
      await Promise.allSettled(arrivals);
    }
  }

  /**
   * Tokens of `prompt` that need not be read again. In windowed attention a token's keys depend on the chunk it was read in, so there only
   * whole chunks of an earlier prompt count: then an answer depends on what was asked before by no more than rounding.
   */
  #reusable(prompt: readonly number[]): number {
    const common = commonPrefix(this.#cached, prompt);
    if (this.#attention.kind === "dense") return common;
    const { chunk } = this.#attention;
    return Math.floor(Math.min(common, this.#read) / chunk) * chunk;
  }

  /** Takes the memory that a whole generation needs before it begins, so that it cannot run out half-way. */
  #commit(tokens: number): void {
    const { fits, device } = this.#runner;
    try {
      this.#runner.grow(tokens);
    } catch (cause) {
      if (!(cause instanceof OutOfMemoryError)) throw cause;
      throw new GenerateError(
        "prompt",
        `prompt and answer have up to ${tokens} tokens, and about ${fits} fit into the memory of ${device.name}: shorten the prompt or lower maxTokens`,
        { cause },
      );
    }
  }

  /** Tokens that may be generated after `prompt`. */
  #room(prompt: readonly number[], { maxTokens }: Choices): number {
    if (prompt.length === 0) throw new GenerateError("prompt", "the prompt is empty; give at least one token");
    const { capacity } = this.#runner;
    const room = capacity - prompt.length;
    if (room <= 0)
      throw new GenerateError(
        "prompt",
        `the prompt has ${prompt.length} tokens and the context holds ${capacity} for prompt and answer: shorten the prompt or ${this.#wider()}`,
      );
    return Math.min(maxTokens, room);
  }

  /** How to make room for a longer prompt. */
  #wider(): string {
    const { capacity, config } = this.#runner;
    const trained = this.#attention.kind === "dense" && capacity >= config.context;
    return trained ? 'use attention "reattention" (--attention reattention)' : "give a larger context (--context)";
  }
}

/** The text of tokens that come one by one, up to where a stop text begins. */
class Text {
  readonly #decoder: ReturnType<Tokenizer["decoder"]>;
  readonly #filter: StopFilter;
  whole = "";

  constructor(tokenizer: Tokenizer, stop: readonly string[]) {
    this.#decoder = tokenizer.decoder({ skipSpecial: true, continues: true });
    this.#filter = new StopFilter(stop);
  }

  get stopped(): boolean {
    return this.#filter.stopped;
  }

  push(token: number): string {
    return this.#keep(this.#filter.push(this.#decoder.push(token)));
  }

  /** What was held back. */
  end(): string {
    return this.#keep(this.#filter.push(this.#decoder.flush()) + this.#filter.flush());
  }

  #keep(piece: string): string {
    this.whole += piece;
    return piece;
  }
}

/** Tokens at the start that both have; at least one token of the prompt stays to be read, since its logits are needed. */
function commonPrefix(cached: readonly number[], prompt: readonly number[]): number {
  let length = 0;
  while (length < cached.length && length < prompt.length - 1 && cached[length] === prompt[length]) length++;
  return length;
}

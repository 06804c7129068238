import { DeviceError } from "../device/errors.js";
import type { Decoder } from "../models/decoder.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import type { Tokenizer } from "../tokenizer/index.js";
import { Answer, type Speech } from "./answer.js";
import { GenerateError } from "./errors.js";
import type { Receiver } from "./generation.js";
import { type Choices, type GenerateOptions, readOptions } from "./options.js";
import { Scheduler } from "./scheduler.js";
import { SequencePool } from "./sequence-pool.js";

export interface AnsweringParts {
  readonly decoder: Decoder;
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  /** Answers at once, and those that may wait. */
  readonly sequences: number;
  readonly waiting: number;
  /** Looks for the reason where what comes out is no number: the error to throw. */
  readonly explain: (signal: AbortSignal | undefined) => Promise<Error>;
}

/** A prompt's tokens, or what gives them. */
export type Prompt = readonly number[] | (() => readonly number[] | Promise<readonly number[]>);

/** Conversations beyond those that are answered whose cache is kept, as long as there is memory. */
const KEPT = 4;

/** Answers prompts with a model that runs. */
export class Answering {
  readonly #decoder: Decoder;
  readonly #attention: AttentionOptions;
  readonly speech: Speech;
  readonly #scheduler: Scheduler;
  #closed = false;

  constructor({ decoder, tokenizer, attention, sequences, waiting, explain }: AnsweringParts) {
    this.#decoder = decoder;
    this.#attention = attention;
    const { eosIds } = decoder.host.config;
    this.speech = { tokenizer, ends: new Set([...tokenizer.eosIds, ...eosIds]) };
    const pool = new SequencePool(decoder, attention, sequences + KEPT);
    this.#scheduler = new Scheduler(decoder, pool, { places: sequences, waiting, explain });
  }

  /** Begins an answer; what is wrong with it is told like any other end. Gives what leaves it. */
  start(prompt: Prompt, options: GenerateOptions, to: Receiver): (reason: unknown) => void {
    try {
      options.signal?.throwIfAborted();
      if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
      const answer = new Answer(this.speech, readOptions(options), options, to);
      this.#scheduler.enter(answer);
      answer.listen();
      void this.#ask(answer, prompt);
      return (reason) => {
        answer.fail(reason);
        answer.onLeft();
      };
    } catch (error) {
      to.fail(error);
      return () => {};
    }
  }

  /** Ends all answers. */
  close(): void {
    this.#closed = true;
    this.#scheduler.close(
      new DeviceError("The model was closed before this generation's turn came: load it again."),
      new DeviceError("The model was used after it was closed: load it again."),
    );
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    return this.#scheduler.idle();
  }

  async #ask(answer: Answer, prompt: Prompt): Promise<void> {
    try {
      const tokens = typeof prompt === "function" ? await prompt() : prompt;
      if (answer.settled) return;
      answer.ask(tokens, this.#room(tokens, answer.choices));
      this.#scheduler.ready();
    } catch (error) {
      answer.fail(error);
      answer.onLeft();
    }
  }

  /** Tokens that may be generated after `prompt`. */
  #room(prompt: readonly number[], { maxTokens }: Choices): number {
    if (prompt.length === 0) throw new GenerateError("prompt", "the prompt is empty; give at least one token");
    const { capacity } = this.#decoder.host;
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
    const { capacity, config } = this.#decoder.host;
    const trained = this.#attention.kind === "dense" && capacity >= config.context;
    return trained ? 'use attention "reattention" (--attention reattention)' : "give a larger context (--context)";
  }
}

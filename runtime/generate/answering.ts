import { DeviceError, OutOfMemoryError } from "../device/errors.js";
import type { ModelDecoder } from "../models/decoder.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import type { ChatMessage, Tokenizer } from "../tokenizer/index.js";
import { toolUse } from "../tools/index.js";
import { Answer, type Speech } from "./answer.js";
import { Bounds } from "./bounds.js";
import { type Embeddings, type EmbedOptions, embed } from "./embedding.js";
import { GenerateError } from "./errors.js";
import type { Receiver } from "./generation.js";
import { type Choices, type GenerateOptions, KNOWN, readOptions, requireOptions, requireTokens } from "./options.js";
import {
  bytesOfRows,
  describe,
  readSaved,
  type SavedSession,
  type SavedWith,
  type SessionState,
} from "./saved-session.js";
import { Scheduler } from "./scheduler.js";
import { type ScoreOptions, type Scores, score } from "./scoring.js";
import { type Sequence, SequencePool } from "./sequence-pool.js";
import { SessionFile, SessionFileError, writeSessionFile } from "./session-file.js";

export interface AnsweringParts {
  readonly decoder: ModelDecoder;
  readonly tokenizer: Tokenizer;
  readonly attention: AttentionOptions;
  /** Answers at once, and those that may wait. */
  readonly sequences: number;
  readonly waiting: number;
  /** What the weights are known by. */
  readonly fingerprint: string;
  /** Looks for the reason where what comes out is no number: the error to throw. */
  readonly explain: (signal: AbortSignal | undefined) => Promise<Error>;
}

/** A prompt's tokens, or what gives them. */
export type Prompt = readonly number[] | (() => readonly number[] | Promise<readonly number[]>);

/** Conversations beyond those that are answered whose cache is kept, as long as there is memory. */
const KEPT = 4;

/** Answers prompts with a model that runs. */
export class Answering {
  readonly #decoder: ModelDecoder;
  readonly #attention: AttentionOptions;
  readonly speech: Speech;
  readonly #bounds: Bounds;
  readonly #explain: AnsweringParts["explain"];
  readonly #fingerprint: string;
  readonly #pool: SequencePool;
  readonly #scheduler: Scheduler;
  #closed = false;

  constructor({ decoder, tokenizer, attention, sequences, waiting, fingerprint, explain }: AnsweringParts) {
    this.#decoder = decoder;
    this.#attention = attention;
    this.#fingerprint = fingerprint;
    const { eosIds } = decoder.host.config;
    this.speech = { tokenizer, ends: new Set([...tokenizer.eosIds, ...eosIds]) };
    this.#bounds = new Bounds(this.speech);
    this.#explain = explain;
    this.#pool = new SequencePool(decoder, attention, sequences + KEPT);
    this.#scheduler = new Scheduler(decoder, this.#pool, { places: sequences, waiting, explain });
  }

  /** A conversation's tokens, through a template that is told of the tools that may be called. */
  async encode(
    messages: readonly ChatMessage[],
    { signal, tools: given, toolChoice }: GenerateOptions,
  ): Promise<readonly number[]> {
    const { tools } = toolUse(given, toolChoice);
    return this.speech.tokenizer.encodeChat(messages, { signal, ...(tools.length > 0 ? { tools } : {}) });
  }

  /** Begins an answer; what is wrong with it is told like any other end. Gives what leaves it. */
  start(prompt: Prompt, options: GenerateOptions, to: Receiver): (reason: unknown) => void {
    try {
      requireOptions(options, KNOWN);
      options.signal?.throwIfAborted();
      this.#requireOpen();
      const { constraint, calls } = this.#bounds.of(options);
      const choices = readOptions(options, this.#decoder.host.config.tokens, constraint);
      const answer = new Answer(this.speech, choices, options, to, calls);
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

  /** Texts as vectors, in turn with answers. */
  embed(inputs: readonly (string | readonly number[])[], options: EmbedOptions): Promise<Embeddings> {
    this.#requireOpen();
    const { tokenizer } = this.speech;
    return embed(
      { decoder: this.#decoder, tokenizer, scheduler: this.#scheduler, explain: this.#explain },
      inputs,
      options,
    );
  }

  /** The tokens of a text as the model expects them, in turn with answers. */
  score(input: string | readonly number[], options: ScoreOptions): AsyncGenerator<Scores, void> {
    this.#requireOpen();
    const { tokenizer } = this.speech;
    return score(
      { decoder: this.#decoder, tokenizer, scheduler: this.#scheduler, explain: this.#explain },
      input,
      options,
    );
  }

  /** Writes what a session is to a file, with as much of its cache as is still there. */
  async save(path: string, state: SessionState, signal?: AbortSignal): Promise<void> {
    this.#requireOpen();
    const { prompt = [], answer = [] } = state.last ?? {};
    // One more, since the last token of a prompt is always read.
    const tokens = [...prompt, ...answer, 0];
    const header = (cached: readonly number[]): SavedSession => ({ ...describe(this.#savedWith()), ...state, cached });
    if (!this.#pool.knows(tokens)) return writeSessionFile(path, header([]), [], signal);
    const sequence = await this.#pool.acquire(tokens, tokens.length - 1);
    try {
      const { cached, runner } = sequence;
      await writeSessionFile(path, header(cached), runner.rows(cached.length), signal);
    } finally {
      this.#pool.release(sequence);
    }
  }

  /** What a session was that was saved, with its cache where it was. */
  async restore(path: string, signal?: AbortSignal): Promise<SessionState> {
    this.#requireOpen();
    using file = new SessionFile(path);
    const saved = readSaved(path, file.header, this.#savedWith());
    const { cached, history, last, tools } = saved;
    const { capacity } = this.#decoder.host;
    if (cached.length > capacity)
      throw new SessionFileError(
        path,
        `the conversation has ${cached.length} tokens, and the context holds ${capacity}`,
        {
          hint: "Load the model with a larger context.",
        },
      );
    await file.check(bytesOfRows(saved), signal);
    this.#requireOpen();
    if (cached.length > 0) await this.#fill(file, cached, signal);
    return { history, last, ...(tools ? { tools } : {}) };
  }

  async #fill(file: SessionFile, cached: readonly number[], signal: AbortSignal | undefined): Promise<void> {
    const sequence = await this.#vacant(file.path, cached.length);
    try {
      await file.upload(this.#decoder.host.device, sequence.runner.rows(cached.length), signal);
      sequence.runner.filled(cached.length);
      sequence.cached = [...cached];
      sequence.read = cached.length;
    } finally {
      this.#pool.release(sequence);
    }
  }

  async #vacant(path: string, tokens: number): Promise<Sequence> {
    try {
      return await this.#pool.vacant(tokens);
    } catch (cause) {
      if (!(cause instanceof OutOfMemoryError)) throw cause;
      const { name } = this.#decoder.host.device;
      const problem = `the conversation has ${tokens} tokens, and about ${this.#pool.fits} fit into the memory of ${name}`;
      throw new SessionFileError(path, problem, { cause });
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new DeviceError("The model was used after it was closed: load it again.");
  }

  #savedWith(): SavedWith {
    return { config: this.#decoder.host.config, fingerprint: this.#fingerprint, attention: this.#attention };
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
    const { capacity, config } = this.#decoder.host;
    requireTokens("prompt", prompt, config.tokens);
    if (prompt.length === 0) throw new GenerateError("prompt", "the prompt is empty; give at least one token");
    const room = capacity - prompt.length;
    if (room <= 0)
      throw new GenerateError(
        "context",
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

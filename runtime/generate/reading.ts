import type { Chunk } from "../models/attention/attention.js";
import { isTimeToLook } from "../models/chunks.js";
import type { ChosenLogprob } from "../models/shaping.js";
import type { Answer } from "./answer.js";
import { GenerateError } from "./errors.js";
import { commonPrefix, type Sequence } from "./sequence-pool.js";

/** Tokens of a prompt that are read at a time where others may wait: for no longer than a GPU takes for a few steps. */
const SHARED = 1024;

/** An answer that has its place: first its prompt is read, chunk by chunk, then tokens come. */
export class Reading {
  readonly answer: Answer;
  readonly sequence: Sequence;
  readonly #chunks: Chunk[];
  readonly #past: number;
  /** A bit for each token that may come next, where not all may. */
  readonly #mask: Uint32Array | undefined;
  /** What prompts that wait have in common with this one: asked in each round. */
  readonly #beginnings = new WeakMap<readonly number[], number>();
  chunksRead = 0;
  /** Steps that were queued, the pick after the prompt included. */
  queued = 0;
  #taken = 0;
  #last = 0;

  constructor(answer: Answer, sequence: Sequence, isShared: boolean) {
    const { prompt } = answer.asked!;
    this.answer = answer;
    this.sequence = sequence;
    this.#past = sequence.cached.length;
    this.#chunks = sequence.runner.chunks(this.#past, prompt.length - this.#past, isShared ? SHARED : undefined);
    const { vocabulary } = sequence.runner.config;
    if (answer.choices.constraint) this.#mask = new Uint32Array(Math.ceil(vocabulary / 32));
    answer.begin(this.#past);
  }

  /** How many tokens a prompt begins with that this one begins with, too. */
  beginning(prompt: readonly number[]): number {
    const known = this.#beginnings.get(prompt);
    if (known !== undefined) return known;
    const common = commonPrefix(this.answer.asked!.prompt, prompt);
    this.#beginnings.set(prompt, common);
    return common;
  }

  /** Whether chunks of the prompt are still to be read. */
  get reads(): boolean {
    return this.#chunks.length > 0;
  }

  /** Whether there are tokens to come for which no step is queued. */
  get writes(): boolean {
    return !this.reads && this.queued < this.answer.asked!.limit;
  }

  /** Queues the next chunk, with the last one the pick of the first token. */
  async readChunk(): Promise<void> {
    const { runner, cached } = this.sequence;
    const { prompt } = this.answer.asked!;
    if (this.chunksRead++ === 0) await runner.begin(this.answer.choices.sampling, prompt);
    const chunk = this.#chunks[0]!;
    const end = chunk.past + chunk.count;
    const tokens = prompt.slice(chunk.past, end);
    const mask = this.#mask;
    await runner.read(chunk, tokens, mask && (() => this.#allowed(mask)));
    for (const token of tokens) cached.push(token);
    this.sequence.read = end;
    this.#chunks.shift();
    if (chunk.last) this.queued = 1;
    else if (isTimeToLook(chunk, this.chunksRead)) await runner.settled();
    this.answer.progress(end);
  }

  /** The number of the next token, as its step counts it. */
  get step(): number {
    return this.#taken;
  }

  /** Whether it is said before each token which may come. */
  get isConstrained(): boolean {
    return this.#mask !== undefined;
  }

  /** Queues which tokens may come next, where that is said. */
  async allow(): Promise<void> {
    if (!this.#mask) return;
    try {
      this.#allowed(this.#mask);
    } catch (error) {
      // Of no concern to those that step with it.
      this.answer.fail(error);
      this.#mask.fill(0xffffffff);
    }
    await this.sequence.runner.allow(this.#mask);
  }

  #allowed(mask: Uint32Array): Uint32Array {
    if (!this.answer.choices.constraint!.mask(mask)) return mask.fill(0xffffffff);
    const { tokens } = this.sequence.runner.config;
    const whole = tokens >> 5;
    if (!mask.subarray(0, whole).some((word) => word !== 0) && !((mask[whole] ?? 0) & ~(-1 << (tokens & 31))))
      throw new GenerateError("constraint", "of all tokens the constraint allows none to come next");
    return mask;
  }

  /** The next token, with what is told of it; whether there may be others behind it. The one before has its keys and values in the cache now. */
  take(token: number, told?: ChosenLogprob): boolean {
    if (this.#taken++ > 0) this.sequence.cached.push(this.#last);
    this.#last = token;
    return this.answer.take(token, told);
  }
}

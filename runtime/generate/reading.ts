import type { Chunk } from "../models/attention/attention.js";
import { isTimeToLook } from "../models/chunks.js";
import type { Answer } from "./answer.js";
import type { Sequence } from "./sequence-pool.js";

/** Tokens of a prompt that are read at a time where others may wait: for no longer than a GPU takes for a few steps. */
const SHARED = 1024;

/** An answer that has its place: first its prompt is read, chunk by chunk, then tokens come. */
export class Reading {
  readonly answer: Answer;
  readonly sequence: Sequence;
  readonly #chunks: Chunk[];
  readonly #past: number;
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
    answer.begin(this.#past);
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
    if (this.chunksRead++ === 0) await runner.begin(this.answer.sampling);
    const chunk = this.#chunks[0]!;
    const end = chunk.past + chunk.count;
    const tokens = this.answer.asked!.prompt.slice(chunk.past, end);
    await runner.read(chunk, tokens);
    for (const token of tokens) cached.push(token);
    this.sequence.read = end;
    this.#chunks.shift();
    if (chunk.last) this.queued = 1;
    else if (isTimeToLook(chunk, this.chunksRead)) await runner.device.synchronize();
    this.answer.progress(end);
  }

  /** The number of the next token, as its step counts it. */
  get step(): number {
    return this.#taken;
  }

  /** The next token; whether there may be others behind it. The one before has its keys and values in the cache now. */
  take(token: number): boolean {
    if (this.#taken++ > 0) this.sequence.cached.push(this.#last);
    this.#last = token;
    return this.answer.take(token);
  }
}

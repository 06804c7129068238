import { OutOfMemoryError } from "../device/errors.js";
import { tokensThatFit } from "../models/cache.js";
import type { ModelDecoder } from "../models/decoder.js";
import type { ModelSequence } from "../models/runner.js";
import type { AttentionOptions } from "../reattention/attention-options.js";

/** A sequence of a model, and what its cache holds. */
export class Sequence {
  readonly runner: ModelSequence;
  /** Tokens whose keys and values are there. */
  cached: number[] = [];
  /** How many of them were read as a prompt; the rest was generated. */
  read = 0;

  constructor(runner: ModelSequence) {
    this.runner = runner;
  }

  /** Forgets all but the first `tokens`. */
  cut(tokens: number): void {
    this.cached.length = Math.min(tokens, this.cached.length);
    this.read = Math.min(tokens, this.read);
  }
}

/** What a sequence has in common with a prompt. */
interface Match {
  readonly sequence: Sequence;
  /** Tokens that need not be read again. */
  readonly past: number;
  /** Whether the prompt goes on from what this sequence read, so that nobody else is likely to want the rest of it. */
  readonly goesOn: boolean;
}

/**
 * The sequences of a model: those that answer, and those that wait for their conversation to go on. What a prompt has in common with any of them is
 * not read again: it goes on in that sequence, or in another one with a copy. The least recently used goes where memory is needed.
 */
export class SequencePool {
  readonly #decoder: ModelDecoder;
  readonly #attention: AttentionOptions;
  /** Sequences there may be in all. */
  readonly #most: number;
  readonly #busy = new Set<Sequence>();
  /** The least recently used first. */
  readonly #idle: Sequence[];

  constructor(decoder: ModelDecoder, attention: AttentionOptions, most: number) {
    this.#decoder = decoder;
    this.#attention = attention;
    this.#most = most;
    this.#idle = [new Sequence(decoder.sequence())];
  }

  /** Tokens that a sequence could have in the memory that is free now. */
  get fits(): number {
    const { device, shape, capacity } = this.#decoder.host;
    return Math.max(...this.#idle.map(({ runner }) => runner.fits), Math.min(capacity, tokensThatFit(device, shape)));
  }

  /** A sequence that holds a beginning of `prompt`, and memory for `tokens` tokens. @throws OutOfMemoryError where only busy ones have any */
  async acquire(prompt: readonly number[], tokens: number): Promise<Sequence> {
    const matches = [...this.#idle, ...this.#busy].map((sequence) => this.#match(sequence, prompt));
    const past = Math.max(0, ...matches.map((one) => one.past));
    const best = matches.filter((one) => one.past === past && past > 0);
    const own = best.findLast(({ sequence, goesOn }) => goesOn && this.#idle.includes(sequence));
    if (own) return this.#take(own.sequence, own.sequence, past, tokens);
    const source = best.at(-1)?.sequence;
    return this.#take(this.#vacant(source), source, past, tokens);
  }

  /** Whether any sequence holds a beginning of `prompt`. */
  knows(prompt: readonly number[]): boolean {
    return [...this.#idle, ...this.#busy].some((sequence) => this.#match(sequence, prompt).past > 0);
  }

  /** A sequence that holds nothing, and memory for `tokens` tokens. */
  vacant(tokens: number): Promise<Sequence> {
    return this.#take(this.#vacant(undefined), undefined, 0, tokens);
  }

  /** Puts a sequence back; what it holds may serve another prompt. */
  release(sequence: Sequence): void {
    if (!this.#busy.delete(sequence)) return;
    sequence.runner.rest();
    this.#idle.push(sequence);
  }

  /** `target` with the first `past` tokens of `source`, and memory for `tokens`. */
  async #take(target: Sequence, source: Sequence | undefined, past: number, tokens: number): Promise<Sequence> {
    this.#hold(target);
    for (let lack = grow(target, tokens); lack; lack = grow(target, tokens)) {
      if (await this.#evict((one) => one !== source)) continue;
      this.release(target);
      if (!source || !this.#idle.includes(source) || source === target) throw lack;
      // There is no room for a copy: the prompt goes on where its beginning lies.
      await this.#evict((one) => one === target);
      return this.#take(source, source, past, tokens);
    }
    if (source && source !== target) {
      target.runner.takeOver(source.runner, past);
      target.cached = source.cached.slice(0, past);
      target.read = past;
    } else target.cut(past);
    return target;
  }

  #hold(sequence: Sequence): void {
    const at = this.#idle.indexOf(sequence);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#busy.add(sequence);
  }

  /** A sequence that may be overwritten: an empty one, a new one, or the least recently used. */
  #vacant(source: Sequence | undefined): Sequence {
    const empty = this.#idle.find(({ cached }) => cached.length === 0);
    if (empty) return empty;
    const oldest = this.#idle.find((one) => one !== source) ?? this.#idle[0];
    if (oldest && this.#idle.length + this.#busy.size >= this.#most) return oldest;
    try {
      return new Sequence(this.#decoder.sequence());
    } catch (error) {
      if (!oldest || !(error instanceof OutOfMemoryError)) throw error;
      return oldest;
    }
  }

  /** Frees the memory of the least recently used sequence that may go; false where there is none. */
  async #evict(mayGo: (sequence: Sequence) => boolean): Promise<boolean> {
    const at = this.#idle.findIndex(mayGo);
    if (at < 0) return false;
    const [evicted] = this.#idle.splice(at, 1);
    this.#decoder.drop(evicted!.runner);
    // Memory is free when the work that uses it is done.
    await this.#decoder.host.device.synchronize();
    return true;
  }

  /**
   * In windowed attention a token's keys depend on the chunk it was read in, so there only whole chunks of an earlier prompt count: then an answer
   * depends on what was asked before by no more than rounding.
   */
  #match(sequence: Sequence, prompt: readonly number[]): Match {
    const { cached, read } = sequence;
    const common = commonPrefix(cached, prompt);
    const past = this.#attention.kind === "dense" ? common : this.shareable(common, read);
    return { sequence, past, goesOn: common >= read - 1 };
  }

  /** How many of the first `tokens` tokens, which a prompt has in common with one of which `read` tokens were read, it need not read again. */
  shareable(tokens: number, read: number): number {
    const attention = this.#attention;
    if (attention.kind === "dense") return tokens;
    // Those that chose apart are cut otherwise than in a longer prompt.
    const tail = attention.kind === "reattention" ? (attention.tail ?? 0) : 0;
    return Math.max(0, Math.floor(Math.min(tokens, read - tail) / attention.chunk) * attention.chunk);
  }
}

/** Commits memory for `tokens` tokens; gives the error where there is none. */
function grow({ runner }: Sequence, tokens: number): OutOfMemoryError | undefined {
  try {
    runner.grow(tokens);
    return undefined;
  } catch (error) {
    if (error instanceof OutOfMemoryError) return error;
    throw error;
  }
}

/** Tokens at the start that both have; at least one token of the prompt stays to be read, since its logits are needed. */
export function commonPrefix(cached: readonly number[], prompt: readonly number[]): number {
  let length = 0;
  while (length < cached.length && length < prompt.length - 1 && cached[length] === prompt[length]) length++;
  return length;
}

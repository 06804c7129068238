/** The text in which needles are hidden, as tokens: encoded once, cut for every length, repeated where it is too short. */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Tokenizer } from "../../runtime/tokenizer/index.js";
import { EvaluationError } from "../shared/errors.js";
import type { TextSource } from "../shared/text-source.js";
import { sentenceStarts } from "./sentences.js";

/** What most needle tests take: nothing in it could be an answer. */
export const noise: TextSource = {
  name: "noise",
  text: "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.\n",
};

interface HayOptions {
  /** Tokens that will be needed at most: a longer text is not encoded any further. */
  readonly atLeast: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (tokens: number, needed: number) => void;
}

/** Hay of any length for one tokenizer. */
export class Hay {
  readonly name: string;
  /** Of the whole source text, so that results of different texts are never mixed. */
  readonly sha256: string;
  /** Tokens of the source; hay that is longer repeats them. */
  readonly period: number;
  readonly #tokens: Int32Array;
  /** Ascending positions below `period` at which a sentence starts; the first is 0. */
  readonly #starts: Int32Array;

  private constructor(source: TextSource, tokens: Int32Array, starts: Int32Array) {
    this.name = source.name;
    this.sha256 = createHash("sha256").update(source.text).digest("hex");
    this.period = tokens.length;
    this.#tokens = tokens;
    this.#starts = starts;
  }

  /** Encodes part by part, so that a book can be followed and stopped. @throws the signal's reason */
  static async encode(source: TextSource, tokenizer: Tokenizer, options: HayOptions): Promise<Hay> {
    const { atLeast, signal, onProgress } = options;
    const text = source.text.endsWith("\n") ? source.text : `${source.text}\n`;
    const parts: number[][] = [];
    let length = 0;
    signal?.throwIfAborted();
    for (const ids of tokenizer.encodeParts(text, { addSpecial: false })) {
      parts.push(ids);
      length += ids.length;
      onProgress?.(Math.min(length, atLeast), atLeast);
      if (length >= atLeast) break;
      await setImmediate();
      signal?.throwIfAborted();
    }
    if (length === 0)
      throw new EvaluationError(
        `${source.name} has no text that this model's tokenizer knows`,
        "Give another text as hay.",
      );
    const tokens = new Int32Array(length);
    let at = 0;
    for (const ids of parts) {
      tokens.set(ids, at);
      at += ids.length;
    }
    return new Hay(source, tokens, sentenceStarts(tokens, tokenizer));
  }

  /** Token at any position, as if the source were repeated without end. */
  at(position: number): number {
    return this.#tokens[position % this.period]!;
  }

  /** Appends the tokens from `start` to `end` to `out`. */
  copy(start: number, end: number, out: number[]): void {
    for (let position = start; position < end; position++) out.push(this.at(position));
  }

  /** The start of a sentence nearest to `position`, among those up to `end`. */
  sentenceNear(position: number, end: number): number {
    const before = this.#startBefore(Math.min(position, end));
    const after = this.#startAfter(position);
    return after <= end && after - position < position - before ? after : before;
  }

  #startBefore(position: number): number {
    const base = position - (position % this.period);
    return base + this.#starts[lastAtMost(this.#starts, position - base)]!;
  }

  #startAfter(position: number): number {
    const base = position - (position % this.period);
    const index = lastAtMost(this.#starts, position - base);
    return base + (this.#starts[index + 1] ?? this.period);
  }
}

/** Index of the last of `sorted` that is at most `value`; the first must be. */
function lastAtMost(sorted: Int32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** The text that is read: its tokens, and how many bytes each stands for. */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Tokenizer } from "../../runtime/tokenizer/index.js";
import { EvaluationError } from "../shared/errors.js";
import type { TextSource } from "../shared/text-source.js";

export interface EncodeTextOptions {
  /** Tokens that will be needed at most: a longer text is not encoded any further. */
  readonly atLeast: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (tokens: number, needed: number) => void;
}

/** A part of the text, to be read from its beginning. */
export interface Piece {
  /** Tokens of the text before it. */
  readonly start: number;
  /** With the token that texts begin with, where the model has one. */
  readonly tokens: readonly number[];
}

/** A text for one tokenizer. */
export class LongText {
  readonly name: string;
  /** Of the whole text, so that results of different texts are never mixed. */
  readonly sha256: string;
  readonly #tokens: readonly number[];
  readonly #tokenizer: Tokenizer;
  /** Tokens before the text: none, or the one that the model's texts begin with. */
  readonly #before: readonly number[];

  private constructor({ name, text }: TextSource, tokens: readonly number[], tokenizer: Tokenizer) {
    this.name = name;
    this.sha256 = createHash("sha256").update(text).digest("hex");
    this.#tokens = tokens;
    this.#tokenizer = tokenizer;
    const [first] = tokenizer.encode("", { addSpecial: true });
    this.#before = first !== undefined && first === tokenizer.bosId ? [first] : [];
  }

  /** Encodes part by part, so that a book can be followed and stopped. @throws the signal's reason */
  static async encode(source: TextSource, tokenizer: Tokenizer, options: EncodeTextOptions): Promise<LongText> {
    const { atLeast, signal, onProgress } = options;
    const tokens: number[] = [];
    for (const ids of tokenizer.encodeParts(source.text, { addSpecial: false })) {
      for (const id of ids) tokens.push(id);
      onProgress?.(Math.min(tokens.length, atLeast), atLeast);
      if (tokens.length >= atLeast) break;
      await setImmediate();
      signal?.throwIfAborted();
    }
    return new LongText(source, tokens, tokenizer);
  }

  /**
   * The first pieces of so many tokens, one behind the other: `most` of them, or all that the text has.
   * @throws EvaluationError where it has not even one
   */
  pieces(length: number, most: number): Piece[] {
    const size = length - this.#before.length;
    const count = Math.min(most, Math.floor(this.#tokens.length / size));
    if (count === 0)
      throw new EvaluationError(
        `${this.name} has ${this.#tokens.length} tokens for this model, and ${size} are to be read`,
        "Give a longer text, or a --context that it fills.",
      );
    return Array.from({ length: count }, (_, index) => {
      const start = index * size;
      return { start, tokens: [...this.#before, ...this.#tokens.slice(start, start + size)] };
    });
  }

  /** Bytes of UTF-8 that a token stands for. */
  bytesOf(token: number): number {
    return this.#tokenizer.tokenBytes(token).length;
  }
}

/** A question about a haystack, in tokens: exactly as many as the context has beside the room for the answer. */

import type { Tokenizer } from "../../runtime/tokenizer/index.js";
import { EvaluationError } from "../shared/errors.js";
import { type Frame, frameOf } from "../shared/frame.js";
import type { Hay } from "./hay.js";
import { answerPrefix, type Needle, needleText, questionText } from "./needle.js";

/** Tokens from `start` to before `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Prompt {
  readonly tokens: readonly number[];
  /** Where the needle is in `tokens`. */
  readonly needle: Span;
  /** Where in the needle its number is: what an answer has to copy. */
  readonly number: Span;
  /** Tokens at the end that begin the answer; 0 without prefix. */
  readonly prefixTokens: number;
}

export interface PromptRequest {
  readonly needle: Needle;
  /** Tokens of prompt, prefix and answer together. */
  readonly context: number;
  /** 0 hides the needle at the start of the hay, 100 at its end. */
  readonly depth: number;
  /** Room for the answer. */
  readonly maxTokens: number;
  readonly prefix: boolean;
}

const INTRODUCTION =
  "A special magic number is hidden somewhere in the following text. Memorize it: after the text you will be asked for it.";

/** Stands for the hay while the chat template is rendered. */
const PLACE = "[[hay]]";

/** Builds prompts for one tokenizer and hay. Those with and without the answer's prefix are the same up to it. */
export class PromptBuilder {
  readonly #tokenizer: Tokenizer;
  readonly #hay: Hay;
  readonly #chat: boolean;

  /** @param chat whether the model has a chat template; without, the bare text is continued */
  constructor(tokenizer: Tokenizer, hay: Hay, { chat }: { readonly chat: boolean }) {
    this.#tokenizer = tokenizer;
    this.#hay = hay;
    this.#chat = chat;
  }

  /** @throws EvaluationError where the context is too short for the question alone */
  async build({ needle, context, depth, maxTokens, prefix }: PromptRequest): Promise<Prompt> {
    const { head, tail } = await this.#frame(needle);
    const opening = this.#plain(answerPrefix(needle));
    const room = context - maxTokens - opening.length - head.length - tail.length;
    const shortest = room - Math.max(...SEAMS.map((seam) => this.#hidden(needle, seam).tokens.length));
    if (shortest < 0)
      throw new EvaluationError(
        `a context of ${context} tokens has no room for the question`,
        `Give at least ${context - shortest}; needles differ by a few tokens.`,
      );
    const place = this.#hay.sentenceNear(Math.round((depth / 100) * shortest), shortest);
    const hidden = this.#hidden(needle, this.#seam(place));
    const tokens = [...head];
    this.#hay.copy(0, place, tokens);
    const start = tokens.length;
    tokens.push(...hidden.tokens);
    this.#hay.copy(place, room - hidden.tokens.length, tokens);
    tokens.push(...tail);
    if (prefix) tokens.push(...opening);
    return {
      tokens,
      needle: { start, end: start + hidden.length },
      number: this.#within(tokens, { start, end: start + hidden.length }, needle.number),
      prefixTokens: prefix ? opening.length : 0,
    };
  }

  /** What comes before and after the hay. */
  #frame(needle: Needle): Promise<Frame> {
    const content = `${INTRODUCTION}\n${PLACE}\n${questionText(needle)}`;
    return frameOf(this.#tokenizer, [{ role: "user", content }], PLACE, { chat: this.#chat });
  }

  /** What has to be around the needle at a place of the hay, so that its words are as if the whole text had been encoded at once. */
  #seam(place: number): Seam {
    const blank = (position: number, edge: RegExp): boolean =>
      edge.test(Buffer.from(this.#tokenizer.tokenBytes(this.#hay.at(position))).toString("utf8"));
    const afterBlank = place === 0 || blank(place - 1, /\s$/);
    return { lead: afterBlank ? "" : " ", trail: blank(place, /^\s/) ? "" : "\n" };
  }

  /** The needle with its seam; `length` leaves the seam's end out. */
  #hidden(needle: Needle, { lead, trail }: Seam): { readonly tokens: readonly number[]; readonly length: number } {
    const bare = this.#plain(`${lead}${needleText(needle)}`);
    return { tokens: trail ? [...bare, ...this.#plain(trail)] : bare, length: bare.length };
  }

  /** The tokens of `span` that have all of `text`. */
  #within(tokens: readonly number[], { start, end }: Span, text: string): Span {
    const has = (from: number, to: number) => this.#tokenizer.decode(tokens.slice(from, to)).includes(text);
    while (has(start, end - 1)) end--;
    while (has(start + 1, end)) start++;
    return { start, end };
  }

  #plain(text: string): number[] {
    return this.#tokenizer.encode(text, { addSpecial: false });
  }
}

interface Seam {
  readonly lead: "" | " ";
  readonly trail: "" | "\n";
}

const SEAMS: readonly Seam[] = [
  { lead: "", trail: "\n" },
  { lead: " ", trail: "" },
  { lead: " ", trail: "\n" },
];

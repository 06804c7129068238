import type { ChatMessage, Tokenizer } from "../../runtime/tokenizer/index.js";
import { EvaluationError } from "../shared/errors.js";
import { frameOf } from "../shared/frame.js";
import type { Question } from "./question.js";

export interface Prompt {
  readonly tokens: readonly number[];
  /** Tokens of the document that had to be left out. */
  readonly cut: number;
}

/** Stands for the document while the chat template is rendered. */
const PLACE = "[[document]]";

/** Questions as tokens of one model's prompts. */
export class Prompts {
  readonly #tokenizer: Tokenizer;
  /** What was encoded last: many questions are about one document. */
  #document: { readonly text: string; readonly tokens: readonly number[] } = { text: "", tokens: [] };

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * A question with its document, of which what the question says is left out where prompt and answer would have more than `most` tokens together.
   * @throws EvaluationError where the question alone has
   */
  async of(question: Question, most: number): Promise<Prompt> {
    const { system, before, after, opening, maxTokens, document, bare, cut } = question;
    const ofAll = cut === "prompt-middle";
    const content = ofAll ? PLACE : `${before}${PLACE}${after}`;
    const messages: ChatMessage[] = [
      ...(system ? [{ role: "system" as const, content: system }] : []),
      { role: "user", content },
    ];
    const chat = bare === undefined && this.#tokenizer.hasChatTemplate;
    const { head, tail } = await frameOf(this.#tokenizer, messages, PLACE, { chat, ...(bare && { end: "" }) });
    const start = opening ? this.#plain(opening) : [];
    const tokens = this.#encoded(ofAll ? `${before}${document}${after}` : document);
    const room = most - head.length - tail.length - start.length - maxTokens;
    if (room < 0)
      throw new EvaluationError(
        `${question.task}: question ${question.id} and its answer need ${most - room} tokens without the document`,
        `Give --max-length at least that, or leave the task out of --tasks.`,
      );
    const half = Math.floor(room / 2);
    const kept =
      tokens.length <= room
        ? tokens
        : ofAll
          ? [...tokens.slice(0, half), ...tokens.slice(tokens.length - half)]
          : tokens.slice(0, room);
    return { tokens: [...head, ...kept, ...tail, ...start], cut: tokens.length - kept.length };
  }

  /** Tokens that a chat template puts around a message. */
  async around(): Promise<number> {
    const frame = { role: "user" as const, content: PLACE };
    const { head, tail } = await frameOf(this.#tokenizer, [frame], PLACE, { chat: this.#tokenizer.hasChatTemplate });
    return head.length + tail.length;
  }

  #encoded(text: string): readonly number[] {
    if (this.#document.text !== text) this.#document = { text, tokens: this.#plain(text) };
    return this.#document.tokens;
  }

  #plain(text: string): number[] {
    return this.#tokenizer.encode(text, { addSpecial: false });
  }
}

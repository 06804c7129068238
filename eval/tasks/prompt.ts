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

/** Tokens of a question with its answer, without its document, and of that. */
interface Length {
  readonly bare: number;
  readonly document: number;
}

/** Tokens that are left for a document. */
function roomFor(question: Question, bare: number, most: number): number {
  if (bare <= most) return most - bare;
  throw new EvaluationError(
    `${question.task}: question ${question.id} and its answer need ${bare} tokens without the document`,
    `Give --max-length at least that, or leave the task out of --tasks.`,
  );
}

/** Questions as tokens of one model's prompts. */
export class Prompts {
  readonly #tokenizer: Tokenizer;
  /** What was encoded last: many questions are about one document. */
  #document: { readonly text: string; readonly tokens: readonly number[] } = { text: "", tokens: [] };

  readonly #lengths = new WeakMap<Question, Length>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * A question with its document, of which what the question says is left out where prompt and answer would have more than `most` tokens together.
   * @throws EvaluationError where the question alone has
   */
  async of(question: Question, most: number): Promise<Prompt> {
    const { head, tail, start, tokens } = await this.#parts(question);
    const room = roomFor(question, head.length + tail.length + start.length + question.maxTokens, most);
    const half = Math.floor(room / 2);
    const kept =
      tokens.length <= room
        ? tokens
        : question.cut === "prompt-middle"
          ? [...tokens.slice(0, half), ...tokens.slice(tokens.length - half)]
          : tokens.slice(0, room);
    return { tokens: [...head, ...kept, ...tail, ...start], cut: tokens.length - kept.length };
  }

  /**
   * Tokens of prompt and answer, at the most `most`. Documents are encoded for it once, however many modes ask.
   * @throws EvaluationError as `of`
   */
  async lengthOf(question: Question, most: number): Promise<number> {
    const known = this.#lengths.get(question) ?? (await this.#measured(question));
    this.#lengths.set(question, known);
    return known.bare + Math.min(known.document, roomFor(question, known.bare, most));
  }

  async #measured(question: Question): Promise<Length> {
    const { head, tail, start, tokens } = await this.#parts(question);
    return { bare: head.length + tail.length + start.length + question.maxTokens, document: tokens.length };
  }

  async #parts({ system, before, after, opening, document, bare, cut }: Question) {
    const ofAll = cut === "prompt-middle";
    const content = ofAll ? PLACE : `${before}${PLACE}${after}`;
    const messages: ChatMessage[] = [
      ...(system ? [{ role: "system" as const, content: system }] : []),
      { role: "user", content },
    ];
    const chat = bare === undefined && this.#tokenizer.hasChatTemplate;
    const frame = await frameOf(this.#tokenizer, messages, PLACE, { chat, ...(bare && { end: "" }) });
    const tokens = this.#encoded(ofAll ? `${before}${document}${after}` : document);
    return { ...frame, start: opening ? this.#plain(opening) : [], tokens };
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

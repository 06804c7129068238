/** What answers the questions: a model, or in tests anything. */

import type { AttentionOptions } from "../../runtime/reattention/index.js";
import type { Span } from "./prompt.js";
import type { Recall } from "./recall.js";

export interface Question {
  /** Longest answer. */
  readonly maxTokens: number;
  /** Tokens at the prompt's end that begin the answer. */
  readonly prefixTokens: number;
  /** Where the needle is, and the number in it, for whoever can tell whether they were retrieved. */
  readonly needle: Span;
  readonly number: Span;
  readonly signal?: AbortSignal;
  /** Tokens of the prompt that have been read. */
  readonly onPrefill?: (done: number, total: number) => void;
}

export interface Answer {
  /** Without the prefix. */
  readonly text: string;
  /** It went on when it had `maxTokens`. */
  readonly cutOff?: true;
  readonly recall?: Recall;
  readonly firstTokenMs?: number;
  readonly tokensPerSecond?: number;
}

/** A model with one attention mode and room for some context. */
export interface Answerer {
  answer(prompt: readonly number[], question: Question): Promise<Answer>;
  close(): void | Promise<void>;
}

/** Opens a model for contexts up to `context` tokens. Fails where memory does not suffice. */
export type OpenAnswerer = (attention: AttentionOptions, context: number) => Promise<Answerer>;

import type { Tokenizer } from "../../../runtime/tokenizer/index.js";
import { EvaluationError } from "../../shared/errors.js";
import type { Question } from "../question.js";

/** What questions that are made here depend on. */
export interface Making {
  /** Tokens of a prompt and its answer together. */
  readonly length: number;
  /** Of them those that a chat template adds. Default 0. */
  readonly around?: number;
  /** Questions of each task. */
  readonly samples: number;
  readonly seed: number;
  readonly tokenizer: Pick<Tokenizer, "encode">;
}

/** Which question of how many. */
export interface Sample {
  readonly index: number;
  readonly samples: number;
}

/** Tokens of a text that stands within a prompt. */
export const tokensIn = (text: string, tokenizer: Making["tokenizer"]): number =>
  tokenizer.encode(text, { addSpecial: false }).length;

/** How many tokens a question needs with its answer: of its parts, each for itself, as prompts are put together. */
const lengthOf = (
  { system = "", before, document, after, opening = "", maxTokens }: Question,
  tokenizer: Making["tokenizer"],
): number =>
  [system, before, document, after, opening].reduce((sum, part) => sum + tokensIn(part, tokenizer), maxTokens);

/**
 * Questions of one task, each as long as it may be but for a part: `make` gives the one with a document of so many parts (lines, words, functions), the same
 * whenever it is asked for the same. So documents are made again when they are read, and thousands of long ones need no memory.
 * @throws EvaluationError where `least` parts are too long
 */
export function filled(
  task: string,
  { length: whole, around = 0, samples, tokenizer }: Making,
  least: number,
  make: (sample: Sample, size: number) => Question,
): Question[] {
  const length = whole - around;
  /** How the question before came out, and how many tokens a part has. */
  let before: { readonly parts: number; readonly each: number } | undefined;
  return Array.from({ length: samples }, (_, index) => {
    const sample = { index, samples };
    const measured = (parts: number) => {
      const question = make(sample, parts);
      return { parts, question, tokens: lengthOf(question, tokenizer) };
    };
    const made = ({ parts, question: { document: _, ...question } }: ReturnType<typeof measured>): Question => ({
      ...question,
      get document() {
        return make(sample, parts).document;
      },
    });
    const alike = before && measured(before.parts);
    if (before && alike && alike.tokens <= length && length - alike.tokens < before.each) return made(alike);
    let fits = measured(least);
    if (fits.tokens > length)
      throw new EvaluationError(
        `${task} needs ${fits.tokens + around} tokens for its shortest question and the answer, and may have ${whole}`,
        `Give --context at least that, or leave the task out of --tasks.`,
      );
    let tooLong: typeof fits | undefined;
    for (let next = before?.parts ?? least + 1; ; next = nextSize(fits, tooLong, length)) {
      const one = measured(Math.max(next, least + 1));
      if (one.tokens <= length) fits = one;
      else tooLong = one;
      if (tooLong && tooLong.parts <= fits.parts + 1) break;
    }
    before = { parts: fits.parts, each: (tooLong.tokens - fits.tokens) / (tooLong.parts - fits.parts) };
    return made(fits);
  });
}

interface Measured {
  readonly parts: number;
  readonly tokens: number;
}

/** Along a line through what fits and what does not: parts are about as long as each other. */
function nextSize(fits: Measured, tooLong: Measured | undefined, length: number): number {
  const room = length - fits.tokens;
  if (!tooLong) return fits.parts + Math.max(1, Math.floor((room / Math.max(1, fits.tokens)) * fits.parts * 1.05));
  const gap = tooLong.parts - fits.parts;
  const step = Math.floor((room / (tooLong.tokens - fits.tokens)) * gap);
  return fits.parts + Math.min(gap - 1, Math.max(1, step));
}

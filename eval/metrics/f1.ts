import { bareAnswer, fMeasure, inCommon, splitWords } from "./words.js";

/** F1 of two answers over their bare words, 0 to 1 (SQuAD, arXiv 1606.05250, section 6.1). */
export const f1 = (answer: string, reference: string): number =>
  f1OfWords(splitWords(bareAnswer(answer)), splitWords(bareAnswer(reference)));

/** The same of words that somebody else found. */
export function f1OfWords(answer: readonly string[], reference: readonly string[]): number {
  const common = inCommon(answer, reference);
  return common === 0 ? 0 : fMeasure(common / answer.length, common / reference.length);
}

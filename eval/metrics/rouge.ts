/**
 * ROUGE of two texts (Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", sections 2 to 3) as the Python package rouge-score 0.1.2 gives it
 * without stemming: F measures, 0 to 1. Words are runs of a to z and 0 to 9.
 */

import { commonLength, commonPlaces } from "./common-subsequence.js";
import { countsOf, fMeasure, inCommon } from "./words.js";

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[a-z0-9]+/g) ?? [];

/** ROUGE-N: runs of `n` words in common. */
export function rougeN(answer: string, reference: string, n: number): number {
  const [mine, other] = [runsOf(wordsOf(answer), n), runsOf(wordsOf(reference), n)];
  const common = inCommon(mine, other);
  return fMeasure(common / Math.max(mine.length, 1), common / Math.max(other.length, 1));
}

const runsOf = (words: readonly string[], n: number): string[] =>
  Array.from({ length: Math.max(0, words.length - n + 1) }, (_, start) => words.slice(start, start + n).join(" "));

/** ROUGE-L: the longest common subsequence of words. */
export function rougeL(answer: string, reference: string): number {
  const [mine, other] = [wordsOf(answer), wordsOf(reference)];
  if (mine.length === 0 || other.length === 0) return 0;
  const common = commonLength(other, mine);
  return fMeasure(common / mine.length, common / other.length);
}

/** ROUGE-Lsum: of each line of the reference the words that are in a longest common subsequence with any line of the answer. */
export function rougeLsum(answer: string, reference: string): number {
  const linesOf = (text: string) => text.split("\n").flatMap((line) => (line === "" ? [] : [wordsOf(line)]));
  const [mine, other] = [linesOf(answer), linesOf(reference)];
  const [left, wanted] = [countsOf(mine.flat()), countsOf(other.flat())];
  let hits = 0;
  for (const line of other) {
    const places = new Set(mine.flatMap((one) => commonPlaces(line, one, "first")));
    for (const place of [...places].sort((a, b) => a - b)) {
      const word = line[place]!;
      const [has, needs] = [left.get(word) ?? 0, wanted.get(word) ?? 0];
      if (has === 0 || needs === 0) continue;
      hits++;
      left.set(word, has - 1);
      wanted.set(word, needs - 1);
    }
  }
  const sizes = [mine.flat().length, other.flat().length] as const;
  if (sizes[0] === 0 || sizes[1] === 0) return 0;
  return fMeasure(hits / sizes[0], hits / sizes[1]);
}

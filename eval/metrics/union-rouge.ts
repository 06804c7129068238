import { commonPlaces } from "./common-subsequence.js";
import { splitWords } from "./words.js";

/**
 * The ROUGE-L of LongBench, 0 to 1: as the Python package rouge 1.0.1 gives it, which is not Lin's. Sentences end at full stops; of each of the
 * reference's sentences counts what its longest common subsequences with the answer's add to one set of words for all; and precision and recall
 * are of sets of words too. 0 where either text has no sentence, for which that package raises an error.
 */
export function unionRougeL(answer: string, reference: string): number {
  const [mine, other] = [sentencesOf(answer), sentencesOf(reference)];
  if (mine.length === 0 || other.length === 0) return 0;
  const union = new Set<string>();
  for (const sentence of other)
    for (const one of mine) for (const place of commonPlaces(sentence, one, "second")) union.add(sentence[place]!);
  const [precision, recall] = [mine, other].map((all) => union.size / new Set(all.flat()).size) as [number, number];
  return (2 * precision * recall) / (precision + recall + 1e-8);
}

/** An empty sentence between full stops is none, but one of blanks is a sentence of one empty word. */
const sentencesOf = (text: string): string[][] =>
  text.split(".").flatMap((sentence) => (sentence === "" ? [] : [splitWords(sentence).join(" ").split(" ")]));

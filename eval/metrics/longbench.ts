/** What LongBench (arXiv 2308.14508, section 3) scores besides F1 and ROUGE-L, 0 to 1, as its published metrics.py and pred.py do. */

import { sequenceRatio } from "./sequence-ratio.js";

/** The first line that has anything: of answers that go on with examples of their own. */
export const firstLine = (answer: string): string => answer.replace(/^\n+/, "").split("\n")[0]!;

/** The share of an answer's numbers that are the right one, digit by digit. */
export function shareOfNumbers(answer: string, right: string): number {
  const numbers = answer.match(/\p{Nd}+/gu) ?? [];
  return numbers.filter((number) => number === right).length / Math.max(1, numbers.length);
}

/** The number behind the first `word` of a reference: "12" of "Paragraph 12". */
export const numberBehind = (word: string, reference: string): string | undefined =>
  new RegExp(`${word}(\\p{Nd}+)`, "u").exec(reference)?.[1];

/** One over the number of classes that an answer names, the right one among them, else 0. */
export function classification(answer: string, right: string, classes: readonly string[]): number {
  const named = classes.filter((name) => answer.includes(name));
  // Names within the right one are no others. The published loop removes from the list that it goes through, and so passes over what follows a removal.
  for (const name of named) if (right.includes(name) && name !== right) named.splice(named.indexOf(name), 1);
  return named.includes(right) ? 1 / named.length : 0;
}

/** How alike the first line of an answer that looks like code is, in whole hundredths. */
export function codeSimilarity(answer: string, right: string): number {
  const lines = answer.replace(/^\n+/, "").split("\n");
  const code = lines.find((line) => !["`", "#", "//"].some((mark) => line.includes(mark))) ?? "";
  return roundHalfEven(100 * sequenceRatio(code, right)) / 100;
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** The letter that an answer to a question of LongBench v2 (arXiv 2412.15204) names in the words that it was told to use. */
export function statedChoice(answer: string): string | undefined {
  const bare = answer.replaceAll("*", "");
  return (/The correct answer is \(([A-D])\)/.exec(bare) ?? /The correct answer is ([A-D])/.exec(bare))?.[1];
}

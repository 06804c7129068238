/** How L-Eval (arXiv 2307.11088, section 4) reads answers to closed questions, as its published auto_eval.py and em.py do. */

import { bareAnswer, splitWords } from "./words.js";

const isLetter = (character: string): boolean => "ABCD".includes(character);
const sorted = (letters: Iterable<string>): string => [...new Set(letters)].sort().join("");

/**
 * The letters that an answer chooses, "A" where it names none and "None" where it is blank. Without `several` the first letter from A to D is it. With it the
 * letters that the answer begins with, or else all that stand before a blank, a full stop or a bracket, or else the first run of them.
 */
export function chosenLetters(answer: string, { several }: { readonly several: boolean }): string {
  if (answer.trim() === "") return "None";
  if ("ABCD".includes(answer)) return answer;
  const first = several ? undefined : [...answer].find(isLetter);
  if (first !== undefined) return first;
  const leading = /^[ABCD]*/.exec(answer)![0];
  if (leading.length > 1) return sorted(leading);
  const rest = answer.slice(leading.length).split("Question")[0]!;
  const marked = [...leading, ...(rest.match(/[A-Z](?=[\s.)])/g) ?? [])].filter(isLetter);
  return sorted(marked) || sorted(/[ABCD]+/.exec(rest)?.[0] ?? "") || "A";
}

/** The letters of a reference: of its first word those from A to D, "A" where there are none. */
export const referenceLetters = (reference: string): string =>
  (splitWords(reference)[0] ?? "").replace(/[^A-D]/g, "") || "A";

/** The number of an answer: the word behind "The answer is", or else the last word with a digit of its first paragraph; its digits up to a full stop. */
export function numberIn(answer: string): string {
  const stated = /The answer is (\S+)/.exec(answer)?.[1];
  const words = answer.split("\n\n")[0]!.split(" ");
  const word = stated ?? words.findLast((one) => /\p{Nd}/u.test(one)) ?? "";
  return word.split(".")[0]!.replace(/\P{Nd}/gu, "");
}

/** What the first word with "true" or "false" in it says. */
export function judgement(answer: string): "true" | "false" | "<error>" {
  const word = splitWords(answer.toLowerCase()).find((one) => one.includes("true") || one.includes("false"));
  return word === undefined ? "<error>" : word.includes("true") ? "true" : "false";
}

/** A number as Python's `float` reads it. */
const NUMBER = /^\s*[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i;

/**
 * 1 for the right answer, else 0. Of a reference that is letters from A to D only, an answer that has some of them and no other is worth 0.25; numbers are
 * compared as such; anything else is right where the answer contains it, case and spaces aside.
 */
export function exactMatch(answer: string, reference: string): number {
  const [mine, wanted] = [bareAnswer(answer, { keepCase: true }), bareAnswer(reference, { keepCase: true })];
  if ([...wanted].every(isLetter)) {
    if (mine === wanted) return 1;
    return [...mine].every((letter) => wanted.includes(letter)) ? 0.25 : 0;
  }
  if (NUMBER.test(answer) && NUMBER.test(reference)) return Number(answer) === Number(reference) ? 1 : 0;
  const packed = (text: string) => text.toLowerCase().replaceAll(" ", "");
  return packed(answer).includes(packed(reference)) ? 1 : 0;
}

/** How InfiniteBench (arXiv 2402.13718) reads answers, as its published compute_scores.py does: 1 for right, 0 for wrong. */

import { splitWords, strip } from "./words.js";

const right = (is: boolean): number => (is ? 1 : 0);

/** The first run of digits is the right one, digit by digit. */
export const firstDigits = (answer: string, wanted: string): number => right(/[0-9]+/.exec(answer)?.[0] === wanted);

/** Words between blanks and the punctuation that is taken out before they are compared. */
const wordsOf = (answer: string): string[] => splitWords(answer.replace(/[\n:"'.,?!{}]/g, " "));

/** The right value is among the words. */
export const amongWords = (answer: string, wanted: string): number => right(wordsOf(answer).includes(wanted));

/** The same in upper case, as names stand in scripts; a name of several words is never found. */
export const amongNames = (answer: string, wanted: string): number =>
  right(wordsOf(answer.toUpperCase()).includes(wanted));

/** A whole number as Python's `int` reads it. */
const WHOLE = /^[+-]?\p{Nd}+(?:_\p{Nd}+)*$/u;

/** The last word is the right whole number. */
export function lastNumber(answer: string, wanted: number): number {
  const last = splitWords(answer.replace(/[\n.`'":]/g, " ")).at(-1) ?? "";
  return right(WHOLE.test(last) && Number(last.replaceAll("_", "")) === wanted);
}

/** The first number, whole or decimal and without its sign, is the right one. */
export function firstNumber(answer: string, wanted: number): number {
  const first = /\p{Nd}+\.\p{Nd}+|\p{Nd}+/u.exec(answer)?.[0];
  return right(first !== undefined && Number(first) === wanted);
}

/** The share of the values that are right from the first on up to one that is not; signs are not seen. */
export function rightFromStart(answer: string, wanted: readonly number[]): number {
  const numbers = (answer.match(/[0-9]+/g) ?? []).map(Number);
  const wrong = wanted.findIndex((value, index) => value !== numbers[index]);
  return (wrong < 0 ? wanted.length : wrong) / wanted.length;
}

/** The option that is right: its text and its letter. */
export interface Option {
  readonly text: string;
  readonly letter: string;
}

/** What stands a character behind the first of several phrases that an answer has; undefined where it has none, and null where it ends there. */
function behind(answer: string, phrases: readonly string[]): string | null | undefined {
  const phrase = phrases.find((one) => answer.includes(one));
  if (phrase === undefined) return undefined;
  const end = answer.indexOf(phrase) + phrase.length;
  return answer.length < end + 1 ? null : answer.slice(end + 1);
}

const startsWith = (text: string | null, { text: name, letter }: Option): number =>
  right(text !== null && [letter, name].some((one) => text.startsWith(one)));

const singleSpaced = (text: string): string => text.replace(/ {2,}/g, " ");

/** A question with four options: the first letter counts, or what follows the words for an answer, or the first word from A to D. */
export function chosenOption(answer: string, option: Option): number {
  const stripped = strip(answer);
  if (stripped === "") return 0;
  if ("ABCD".includes(stripped[0]!)) return right([option.letter, option.text].includes(stripped[0]!));
  if ([option.letter, option.text].includes(stripped)) return 1;
  const bare = singleSpaced(stripped.replace(/[\n"'.,?!{}]/g, " "));
  const rest = behind(bare, ["answer is:", "answer:", "answer is", "option is"]);
  if (rest !== undefined) return startsWith(rest, option);
  const word = splitWords(bare).find((one) => "ABCD".includes(one));
  return right(word !== undefined && [option.letter, option.text].includes(word));
}

/** The function with the mistake: its letter begins the answer, or letter or name follow the words for an answer. */
export function chosenFunction(answer: string, option: Option): number {
  const stripped = strip(answer);
  if ([`${option.letter}.`, `${option.letter}:`].includes(stripped.slice(0, 2))) return 1;
  const bare = singleSpaced(stripped.replace(/[\n`'"\-*]|[Oo]ption/g, " "));
  return startsWith(behind(bare, ["answer is:", "is:", "answer:", "correct option is:"]) ?? null, option);
}

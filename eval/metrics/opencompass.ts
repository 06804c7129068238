/** How OpenCompass reads answers where it does so otherwise than a task set's own code, as its published text_postprocessors.py, leval_gsm100.py and evaluators.py do. */

import { splitWords } from "./words.js";

/** The first capital letter, "" where there is none. */
export const firstCapital = (answer: string): string => /\p{Uppercase}/u.exec(answer)?.[0] ?? "";

/** The first run of letters from A to D, "" where there is none. */
export const firstLetters = (answer: string): string => /[A-D]+/.exec(answer)?.[0] ?? "";

/** The digits of the first word that has any behind the first "The answer is", up to the next one; "" where there is none. */
export function statedNumber(answer: string): string {
  const word =
    answer
      .split("The answer is")[1]
      ?.split(" ")
      .find((one) => /\p{Nd}/u.test(one)) ?? "";
  return word.replace(/\P{Nd}/gu, "");
}

/** A text up to its first line feed, full stop or comma, without punctuation, articles and blanks too many. */
function beginningOf(text: string): string {
  const bare = text.split(/[\n.,]/)[0]!.replace(/[^\p{L}\p{N}_\s]/gu, "");
  return splitWords(bare.replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/giu, "")).join(" ");
}

/** Whether the beginning of an answer has the reference in it, or the beginning of that; case matters. */
export function containsReference(answer: string, reference: string): boolean {
  const said = beginningOf(answer);
  return said.includes(beginningOf(reference)) || said.includes(reference);
}

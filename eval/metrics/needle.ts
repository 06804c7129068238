/** How NeedleBench (arXiv 2407.11963) judges, 0 to 1. */

import { splitWords } from "./words.js";

/** 1 where an answer has the keyword; else a fifth of how like the needle it is, by edits of characters, blanks aside. */
export function needleScore(
  answer: string,
  { keyword, needle }: { readonly keyword: string; readonly needle: string },
): number {
  if (answer.includes(keyword)) return 1;
  const [mine, wanted] = [answer, needle].map((text) => [...splitWords(text).join("")]) as [string[], string[]];
  const longest = Math.max(mine.length, wanted.length);
  return 0.2 * (longest === 0 ? 1 : 1 - edits(mine, wanted) / longest);
}

/** The share of the keywords that an answer has. */
export const keywordsFound = (answer: string, keywords: readonly string[]): number =>
  keywords.filter((one) => answer.includes(one)).length / keywords.length;

/** The fewest characters to put in, take out or replace (Levenshtein 1966). */
function edits(first: readonly string[], second: readonly string[]): number {
  let row = [...Array(second.length + 1).keys()];
  for (const [i, mine] of first.entries()) {
    const next = [i + 1];
    for (const [j, other] of second.entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (mine === other ? 0 : 1)));
    row = next;
  }
  return row.at(-1)!;
}

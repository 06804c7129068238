/** Words of texts as Python's string methods see them: what published metrics count. */

/** What `str.isspace` takes for white space. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators of files, groups, records and units are blanks there
const BLANKS = /[\p{White_Space}\x1c-\x1f]+/u;

/** `str.split()`: at runs of white space, without empty words. */
export const splitWords = (text: string): string[] => text.split(BLANKS).filter((word) => word !== "");

/** `str.strip()`. */
export const strip = (text: string): string => {
  const [first, last] = [splitWords(text)[0], splitWords(text).at(-1)];
  return first === undefined ? "" : text.slice(text.indexOf(first), text.lastIndexOf(last!) + last!.length);
};

/** `string.punctuation`. */
export const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;

/**
 * A text without what answers to questions are not judged by, as SQuAD's evaluation has it (arXiv 1606.05250, section 3.1): case, punctuation, articles and
 * white space. `keepCase` leaves the first of these out.
 */
export function bareAnswer(text: string, { keepCase = false }: { readonly keepCase?: boolean } = {}): string {
  const cased = keepCase ? text : text.toLowerCase();
  return splitWords(
    cased.replace(PUNCTUATION, "").replace(/(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu, " "),
  ).join(" ");
}

/** How often each is there. */
export function countsOf<Item>(items: Iterable<Item>): Map<Item, number> {
  const counts = new Map<Item, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** How many two collections have in common, each as often as both have it. */
export function inCommon<Item>(one: Iterable<Item>, other: Iterable<Item>): number {
  const counts = countsOf(other);
  let common = 0;
  for (const [item, count] of countsOf(one)) common += Math.min(count, counts.get(item) ?? 0);
  return common;
}

/** The harmonic mean of a precision and a recall; 0 where both are. */
export const fMeasure = (precision: number, recall: number): number =>
  precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;

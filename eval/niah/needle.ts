/** What is hidden, and how it is asked for. */

import { createHash } from "node:crypto";
import { adjectives, nouns } from "./words.js";

export interface Needle {
  /** X: "quiet-lantern". */
  readonly word: string;
  /** N: seven digits. */
  readonly number: string;
}

export interface NeedlePlace {
  readonly seed: number;
  readonly context: number;
  readonly depth: number;
}

/** Primes that divide neither the number of keys nor that of seven-digit numbers: steps that visit all before any again. */
const STEPS = { word: 3571, number: 6_180_341 } as const;

const NUMBERS = { first: 1_000_000, count: 9_000_000 } as const;

/** Needle `index` of a cell; the same each time, and unlike any other of its cell in word and number. */
export function needleOf({ seed, context, depth }: NeedlePlace, index: number): Needle {
  const start = createHash("sha256").update(`${seed}/${context}/${depth}`).digest();
  const key = (start.readUInt32LE(0) + index * STEPS.word) % (adjectives.length * nouns.length);
  const number = (start.readUInt32LE(4) + index * STEPS.number) % NUMBERS.count;
  return {
    word: `${adjectives[key % adjectives.length]}-${nouns[Math.floor(key / adjectives.length)]}`,
    number: String(NUMBERS.first + number),
  };
}

export const needleText = ({ word, number }: Needle): string =>
  `One of the special magic numbers for ${word} is: ${number}.`;

export const questionText = ({ word }: Needle): string =>
  `What is the special magic number for ${word} mentioned in the provided text?`;

/** How a right answer begins. A small model that gets this far only has to copy the number. */
export const answerPrefix = ({ word }: Needle): string =>
  `The special magic number for ${word} mentioned in the provided text is`;

/** Whether the answer ends within the needle's number, which began rightly. */
export const endsInNumber = (answer: string, { number }: Pick<Needle, "number">): boolean => {
  const [digits] = /\d+$/.exec(answer) ?? [];
  return digits !== undefined && digits !== number && number.startsWith(digits);
};

/** Whether the answer has the needle's number, on its own and not as a part of a longer one. */
export const isRight = (answer: string, { number }: Needle): boolean =>
  new RegExp(`(?<!\\d)${number}(?!\\d)`).test(answer);

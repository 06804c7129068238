import type { Draws } from "../synthetic/index.js";
import { hideNeedles, NEEDLES } from "./needles.js";
import { amongNoise, differentWords, type Made } from "./text.js";

/** A task of RULER whose texts are made here. Longest answers are the published ones. */
export interface Task {
  readonly maxTokens: number;
  /** Parts of the shortest text. */
  readonly least: number;
  /** @param size parts of the text: lines, words or sentences @param length tokens that a question may have */
  readonly make: (
    draws: Draws,
    size: number,
    given: { readonly length: number; readonly essay?: readonly string[] },
  ) => Made;
}

const HOPS = 4;

/** One variable gets a number, and each of some others the one before it. */
function tracked(draws: Draws, size: number): Omit<Made, "before"> {
  const names = draws.distinct(HOPS + 1, () => draws.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 5));
  const value = draws.between(10_000, 99_999);
  const lines = names.map((name, index) => `VAR ${name} = ${index === 0 ? value : `VAR ${names[index - 1]}`}`);
  return {
    document: amongNoise(draws, lines, size),
    after: `\n\nWhich variables have the value ${value}, by themselves or through others?`,
    opening: `The ${names.length} variables with the value ${value} are:`,
    answers: names,
  };
}

/** A question with its answer, before the one that is asked. */
const shown = (introduction: string, { document, after, opening, answers }: Omit<Made, "before">): string =>
  `${introduction}${document}${after}\n${opening} ${answers.join(" ")}\n\n${introduction}`;

const VARIABLES: Task = {
  maxTokens: 30,
  least: 1,
  make: (draws, size) => ({
    before: shown("Some lines of the following text give variables their values. Follow them.\n\n", tracked(draws, 5)),
    ...tracked(draws, size),
  }),
};

const COMMON = 10;

interface Repeats {
  readonly common: number;
  readonly others: number;
}

/** A numbered list in which ten words are more often than all others. */
function commonWords(draws: Draws, others: number, repeats: Repeats): Omit<Made, "before"> {
  const words = differentWords(draws, COMMON + others);
  const common = words.slice(0, COMMON);
  const all = words.flatMap((word, index) =>
    new Array<string>(index < COMMON ? repeats.common : repeats.others).fill(word),
  );
  return {
    document: draws
      .shuffled(all)
      .map((word, index) => `${index + 1}. ${word}`)
      .join(" "),
    after: `\n\nWhich ${COMMON} words are most often in the list?`,
    opening: `The ${COMMON} words that are most often in the list are:`,
    answers: common,
  };
}

/** Lists of short contexts repeat their words less. */
const SHORT = 4096;

const COMMON_WORDS: Task = {
  maxTokens: 120,
  least: 1,
  make: (draws, size, { length }) => {
    const short = length < SHORT;
    const example = short
      ? commonWords(draws, 10, { common: 3, others: 1 })
      : commonWords(draws, 30, { common: 10, others: 3 });
    return {
      before: shown(`Some words of the following list are in it more often than others. Find these.\n\n`, example),
      ...commonWords(draws, size, short ? { common: 6, others: 1 } : { common: 30, others: 3 }),
    };
  },
};

/** The zeta function at 2, the exponent of the task: shares of all ranks make up 1. */
const ZETA = Math.PI ** 2 / 6;

const FREQUENT_WORDS: Task = {
  maxTokens: 50,
  // From there on the third word is more frequent than the fourth.
  least: 100,
  make: (draws, size, { length }) => {
    const words = draws.distinct(Math.max(COMMON, Math.floor(length / 50)), () =>
      draws.text("abcdefghijklmnopqrstuvwxyz", 6),
    );
    // Most frequent of all is what is no word.
    words[0] = "...";
    const all = words.flatMap((word, index) =>
      new Array<string>(Math.floor(size / (index + 1) ** 2 / ZETA)).fill(word),
    );
    return {
      before:
        "The following text is in a code of words without meaning; runs of dots are no words. Find the three words that are most frequent.\n\n",
      document: draws.shuffled(all).join(" "),
      after: "\n\nWhich three words are most frequent in the text? Give no reasons.",
      opening: "The three most frequent words are:",
      answers: words.slice(1, 4),
    };
  },
};

/** By RULER's names. */
export const TASKS: Readonly<Record<string, Task>> = {
  ...Object.fromEntries(
    Object.entries(NEEDLES).map(([name, needles]): [string, Task] => [
      name,
      { maxTokens: 128, least: 1, make: (draws, size, { essay }) => hideNeedles(needles, draws, size, essay) },
    ]),
  ),
  vt: VARIABLES,
  cwe: COMMON_WORDS,
  fwe: FREQUENT_WORDS,
};

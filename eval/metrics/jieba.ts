import { createRequire } from "node:module";
import { EvaluationError } from "../shared/errors.js";

/** The words of a Chinese text, with all that is between them. */
export type CutWords = (text: string) => string[];

const PACKAGE = "@node-rs/jieba";
const VERSION = "2.0.3";

interface Jieba {
  readonly Jieba: { withDict(dict: Uint8Array): { cut(text: string, hmm: boolean): string[] } };
}

let known: CutWords | undefined;

/**
 * Words as Python's jieba 0.42.1 cuts a text. The package that cuts is not installed with this one, since only Chinese tasks need it.
 * @throws EvaluationError where it is not there
 */
export function chineseWords(): CutWords {
  known ??= loadWords(createRequire(import.meta.url));
  return known;
}

/** @param load gives the module of a name, as `require` does */
export function loadWords(load: (name: string) => unknown): CutWords {
  try {
    const { Jieba } = load(PACKAGE) as Jieba;
    const jieba = Jieba.withDict((load(`${PACKAGE}/dict`) as { readonly dict: Uint8Array }).dict);
    return (text) => numbersApart(jieba.cut(text, true));
  } catch (cause) {
    throw new EvaluationError(
      `Chinese answers are compared word by word, and ${PACKAGE}, which finds the words, cannot be loaded`,
      `Run npm install ${PACKAGE}@${VERSION}, or leave the Chinese tasks out of --tasks.`,
      { cause },
    );
  }
}

/** Runs of Latin letters and digits, and what jieba leaves between them. */
const RUNS = /([a-zA-Z0-9]+(?:\.\d+)?%?)/;
/** A run, a sign and digits: the package takes any character for the point of a decimal number. */
const MISTAKEN = /^[a-zA-Z0-9]+[+#&_%-]\d+%?$/;
const OF_RUNS = /^(?:[a-zA-Z0-9]+(?:.\d+)?%?|[+#&._%-]+)$/;

/** Cuts "GPT-4" at its hyphen as Python's jieba does, and whatever follows it up to the next word of the dictionary. */
function numbersApart(words: readonly string[]): string[] {
  const apart: string[] = [];
  for (let at = 0; at < words.length; at++) {
    let run = words[at]!;
    if (!MISTAKEN.test(run)) {
      apart.push(run);
      continue;
    }
    while (at + 1 < words.length && OF_RUNS.test(words[at + 1]!)) run += words[++at]!;
    apart.push(...run.split(RUNS).filter((word) => word !== ""));
  }
  return apart;
}

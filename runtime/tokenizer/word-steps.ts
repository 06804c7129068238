/** Steps that cut text into words. Each is also what a pre-tokenizer of tokenizer.json means. */

import { spell } from "./byte-alphabet.js";
import { requireRoom } from "./encoding-limits.js";
import type { WordStep } from "./source.js";

/** A part of a text, and whether a pattern matched it. */
type Span = readonly [text: string, match: boolean];

/** The matches of a pattern and what lies between: all of the text, in order. */
function* spans(text: string, pattern: RegExp): Generator<Span> {
  let end = 0;
  for (let at = 0; at <= text.length; ) {
    // Set every time: others may use the pattern before the next span is asked for.
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) break;
    const [match] = found;
    if (found.index > end) yield [text.slice(end, found.index), false];
    end = found.index + match.length;
    if (match !== "") yield [match, true];
    at = match !== "" ? end : end + (text.codePointAt(end)! > 0xffff ? 2 : 1);
  }
  if (end < text.length) yield [text.slice(end), false];
}

/** Joins each span to the one before it where `joins` says so. */
const joined = (joins: (match: boolean, before: boolean) => boolean) =>
  function* (all: Iterable<Span>): Generator<string> {
    let word = "";
    let before = false;
    for (const [text, match] of all) {
      if (word !== "" && joins(match, before)) word += text;
      else {
        if (word !== "") yield word;
        word = text;
      }
      before = match;
    }
    if (word !== "") yield word;
  };

/** What becomes of the matches, by the names of tokenizer.json. */
const behaviors = {
  Isolated: joined(() => false),
  Removed: function* (all: Iterable<Span>): Generator<string> {
    for (const [text, match] of all) if (!match) yield text;
  },
  Contiguous: joined((match, before) => match === before),
  MergedWithPrevious: joined((match, before) => match && !before),
  MergedWithNext: joined((match, before) => !match && before),
};

export type SplitBehavior = keyof typeof behaviors;
export const splitBehaviors = Object.keys(behaviors) as SplitBehavior[];

/** Cuts around the matches of `pattern`, which needs the flag g. `invert` takes what lies between for the matches. */
export function split(pattern: RegExp, behavior: SplitBehavior = "Isolated", invert = false): WordStep {
  const words = behaviors[behavior];
  if (!invert) return (text) => words(spans(text, pattern));
  return (text) => words(inverted(spans(text, pattern)));
}

function* inverted(all: Iterable<Span>): Generator<Span> {
  for (const [text, match] of all) yield [text, !match];
}

/** One word from each, changed. */
export const each =
  (change: (text: string) => string): WordStep =>
  (text) => {
    const changed = change(text);
    requireRoom(changed.length, text.length);
    return [changed];
  };

/** Into GPT-2's alphabet, for steps that look at a word's bytes. */
export const spelled: WordStep = each(spell);

/** The words of all `steps`, each applied to what the former left. */
export function* wordsOf(steps: readonly WordStep[], text: string, first: boolean, from = 0): Generator<string> {
  const step = steps[from];
  if (!step) {
    if (text !== "") yield text;
  } else if (from === steps.length - 1) yield* step(text, first);
  else {
    let atFirst = first;
    for (const part of step(text, first)) {
      yield* wordsOf(steps, part, atFirst, from + 1);
      atFirst = false;
    }
  }
}

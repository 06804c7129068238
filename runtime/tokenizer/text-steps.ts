/** Steps that change a text before words are cut. Each is also what a normalizer of tokenizer.json means. */

import { requireRoom } from "./encoding-limits.js";
import type { TextStep } from "./source.js";

export const unchanged: TextStep = (text) => text;

export const unicodeForm =
  (form: "NFC" | "NFD" | "NFKC" | "NFKD"): TextStep =>
  (text) =>
    text.normalize(form);

export const lowercase: TextStep = (text) => text.toLowerCase();

/** Puts `prefix` before any text but the empty one. */
export const prepend =
  (prefix: string): TextStep =>
  (text) =>
    text === "" ? text : prefix + text;

/** Every match, or every occurrence of a string, becomes `replacement` as it stands. */
export const replaceAll =
  (pattern: string | RegExp, replacement: string): TextStep =>
  (text) => {
    let characters = text.length;
    return text.replaceAll(pattern, (found) => {
      characters += replacement.length - found.length;
      requireRoom(characters, text.length);
      return replacement;
    });
  };

export const strip =
  (left: boolean, right: boolean): TextStep =>
  (text) => {
    const start = left ? text.replace(/^\p{White_Space}+/u, "") : text;
    // Looking back keeps the search from beginning within a run again and again.
    return right ? start.replace(/(?<!\p{White_Space})\p{White_Space}+$/u, "") : start;
  };

export const inTurn = (steps: readonly TextStep[]): TextStep => {
  if (steps.length < 2) return steps[0] ?? unchanged;
  return (text) =>
    steps.reduce((before, step) => {
      const after = step(before);
      requireRoom(after.length, before.length);
      return after;
    }, text);
};

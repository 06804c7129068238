/** Steps that change a text before words are cut. Each is also what a normalizer of tokenizer.json means. */

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
  (text) =>
    text.replaceAll(pattern, () => replacement);

export const strip =
  (left: boolean, right: boolean): TextStep =>
  (text) => {
    const start = left ? text.replace(/^\p{White_Space}+/u, "") : text;
    return right ? start.replace(/\p{White_Space}+$/u, "") : start;
  };

export const inTurn = (steps: readonly TextStep[]): TextStep => {
  if (steps.length < 2) return steps[0] ?? unchanged;
  return (text) => steps.reduce((result, step) => step(result), text);
};

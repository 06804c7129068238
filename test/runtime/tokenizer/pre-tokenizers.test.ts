/**
 * Words of every pre-tokenizer of GGUF files: against hand-written scanners (test/reference/bpe.py wrote words.json) and
 * against Hugging Face's tokenizers with the models' own steps (make_hugging_face_fixtures.py wrote hugging-face.json).
 */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { preTokenizers, wordSteps } from "../../../runtime/tokenizer/pre-tokenizers.js";
import { unchanged, unicodeForm } from "../../../runtime/tokenizer/text-steps.js";
import { wordsOf } from "../../../runtime/tokenizer/word-steps.js";
import { huggingFaceFixtures } from "./hugging-face-fixtures.js";

const scanned: Record<string, { text: string; words: string[] }[]> = JSON.parse(
  readFileSync(new URL("../../fixtures/words.json", import.meta.url), "utf8"),
);

describe.each(Object.entries(scanned))("%s, against a scanner", (name, cases) => {
  const { normalize } = preTokenizers[name]!;
  const compose = normalize ? unicodeForm(normalize) : unchanged;
  const steps = wordSteps(preTokenizers[name]!);

  it.each(cases.map(({ text, words }) => [text, words] as const))("splits %j", (text, words) => {
    expect([...wordsOf(steps, compose(text), true)]).toEqual(words);
  });
});

const { texts, lengths } = huggingFaceFixtures.preTokenizers;

describe.each(Object.entries(lengths))("%s, against Hugging Face", (name, expected) => {
  const steps = wordSteps(preTokenizers[name]!);
  /** Falcon's words are spelt when they come out, a character a byte. */
  const isSpelled = preTokenizers[name]!.patterns.some((pattern) => typeof pattern === "function");
  const bytes = (word: string) => (isSpelled ? word.length : Buffer.byteLength(word));

  it.each(texts.map((text, i) => [text, expected[i]!] as const))("splits %j", (text, rows) => {
    expect([...wordsOf(steps, text, true)].map(bytes).join(" ")).toBe(rows);
  });
});

it("cuts as one of those does under any other name", () => {
  const checked = new Set(Object.keys(lengths).map((name) => JSON.stringify(preTokenizers[name]!.patterns)));
  const unchecked = Object.entries(preTokenizers).filter(([, { patterns }]) => !checked.has(JSON.stringify(patterns)));
  expect(unchecked.map(([name]) => name)).toEqual([]);
});

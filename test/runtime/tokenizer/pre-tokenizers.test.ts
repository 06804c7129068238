/** Words of every pre-tokenizer against hand-written scanners (test/reference/bpe.py wrote the expected words). */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { byteLevelBpe } from "../../../runtime/tokenizer/byte-level-bpe.js";
import { preTokenizers } from "../../../runtime/tokenizer/pre-tokenizers.js";
import { readVocabulary, tokenBytes } from "../../../runtime/tokenizer/vocabulary.js";
import { bytesOnly } from "./small-vocabulary.js";

const fixtures: Record<string, { text: string; words: string[] }[]> = JSON.parse(
  readFileSync(new URL("../../fixtures/words.json", import.meta.url), "utf8"),
);

it("has fixtures for every pre-tokenizer", () => {
  expect(Object.keys(fixtures).sort()).toEqual(Object.keys(preTokenizers).sort());
});

describe.each(Object.entries(fixtures))("%s", (name, cases) => {
  // Every word of the corpus is a token here and taken whole, so ids show where words begin and end.
  const vocabulary = readVocabulary(bytesOnly(name, [...new Set(cases.flatMap(({ words }) => words))]));
  const encode = byteLevelBpe({ ...vocabulary, preTokenizer: { ...preTokenizers[name]!, ignoreMerges: true } });
  const bytes = tokenBytes(vocabulary);

  it.each(cases.map(({ text, words }) => [text, words] as const))("splits %j", (text, words) => {
    expect(encode(text).map((id) => Buffer.from(bytes[id]!).toString())).toEqual(words);
  });
});

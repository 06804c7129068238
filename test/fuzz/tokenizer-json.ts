/** tokenizer.json: vocabularies, merges, added tokens, normalizers, pre-tokenizers and their patterns. */

import { join } from "node:path";
import fc from "fast-check";
import { createTokenizer, readHuggingFaceTokenizer } from "../../runtime/tokenizer/index.js";
import { huggingFaceFixtures, smallTokenizerJson } from "../runtime/tokenizer/hugging-face-fixtures.js";
import { newFolder, writeAnew } from "./harness/files.js";
import { byteEdits, edited, editedBytes, hostileString, type Json, jsonEdits } from "./harness/hostile.js";
import { attempts } from "./harness/target.js";
import { useTokenizer } from "./harness/use-model.js";

export const name = "tokenizer-json";

const bases = huggingFaceFixtures.tokenizers.map(({ name }) => smallTokenizerJson(name) as { [key: string]: Json });

const piece = fc.constantFrom(
  ..."\\p{L} \\p{N}{1,3} \\s+ (?!\\S) (?i:'s|'t) [^\\r\\n] [a-z] (?= (?<! ) * + ? {2,5} ++ | . ^ $ \\b \\h \\X (ab) (a|b) [[:alpha:]] && (?> \\1 é".split(
    " ",
  ),
);
const pieces = fc.array(piece, { minLength: 1, maxLength: 6 }).map((all) => all.join(""));
/** Repetitions within repetitions too, of which many would take time that doubles with each letter. */
const pattern = fc.oneof(
  pieces,
  fc
    .tuple(pieces, fc.constantFrom("*", "+", "{2,}", "*?"), pieces)
    .map(([inner, times, rest]) => `(?:${inner})${times}${rest}`),
);
const step = fc.oneof(
  pattern.map((Regex): Json => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })),
  pattern.map((Regex): Json => ({ type: "Replace", pattern: { Regex }, content: "x" })),
  fc.constantFrom<Json>(
    ...["ByteLevel", "Digits", "Punctuation", "WhitespaceSplit", "Metaspace", "NFC", "Lowercase", "Strip", "Bert"].map(
      (type) => ({ type }),
    ),
  ),
  hostileString.map((prepend): Json => ({ type: "Prepend", prepend })),
  hostileString.map((text): Json => ({ type: "Replace", pattern: { String: text }, content: "ab" })),
);

const inputs = fc.record({
  base: fc.nat({ max: bases.length - 1 }),
  edits: fc.oneof(jsonEdits, fc.constant([])),
  /** In the places of the file's own. */
  normalizer: fc.option(step),
  preTokenizer: fc.option(step),
  added: fc.array(fc.record({ id: fc.nat({ max: 300 }), content: hostileString, special: fc.boolean() }), {
    maxLength: 2,
  }),
  bytes: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, byteEdits),
});

const folder = newFolder();

export const { run, replay } = attempts({
  inputs,
  right: bases.map((_, base) => ({ base, edits: [], normalizer: null, preTokenizer: null, added: [], bytes: [] })),
  refusals: ["ModelError"],
  attempt({ base, edits, normalizer, preTokenizer, added, bytes }) {
    const whole = edited(bases[base]!, edits);
    if (typeof whole === "object" && whole !== null && !Array.isArray(whole)) {
      if (normalizer !== null) whole.normalizer = normalizer;
      if (preTokenizer !== null) whole.pre_tokenizer = preTokenizer;
      if (added.length > 0 && Array.isArray(whole.added_tokens)) whole.added_tokens.push(...added);
    }
    writeAnew(join(folder, "tokenizer.json"), editedBytes(Buffer.from(JSON.stringify(whole)), bytes));
    useTokenizer(createTokenizer(readHuggingFaceTokenizer(folder)));
  },
});

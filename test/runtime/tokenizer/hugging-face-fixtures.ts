/** test/fixtures/hugging-face.json: what Hugging Face's tokenizers makes of patterns, pre-tokenizers and small tokenizers. */

import { readFileSync } from "node:fs";

interface Fixtures {
  readonly patterns: readonly { pattern: string; text: string; words: string[] }[];
  /** Lengths of words in bytes, of each text by name. */
  readonly preTokenizers: { readonly texts: readonly string[]; readonly lengths: Readonly<Record<string, string[]>> };
  /** Tokens in the order of their ids. */
  readonly vocabularies: Readonly<Record<string, string[]>>;
  readonly tokenizers: readonly SmallTokenizer[];
}

export interface SmallTokenizer {
  readonly name: string;
  /** A tokenizer.json whose model.vocab is the name of one of the vocabularies. */
  readonly tokenizer: { readonly model: { readonly vocab: string }; readonly [part: string]: unknown };
  /** Ids by text. */
  readonly ids: Readonly<Record<string, string>>;
}

export const huggingFaceFixtures: Fixtures = JSON.parse(
  readFileSync(new URL("../../fixtures/hugging-face.json", import.meta.url), "utf8"),
);

/** The tokenizer.json of a small tokenizer, with its vocabulary, and with some of its parts changed. */
export function smallTokenizerJson(name: string, changes: object = {}): Record<string, unknown> {
  const found = huggingFaceFixtures.tokenizers.find((one) => one.name === name);
  if (!found) throw new Error(`no small tokenizer ${name}`);
  const { model, ...parts } = found.tokenizer;
  const vocab = Object.fromEntries(huggingFaceFixtures.vocabularies[model.vocab]!.map((token, id) => [token, id]));
  return { ...parts, model: { ...model, vocab }, ...changes };
}

/** The tokenizer's part of a GGUF file: tokens, their kinds, merges and the ids with a meaning. */

import { type GgufMetadata, ModelError } from "../weights/index.js";
import { spelledBytes } from "./byte-alphabet.js";
import { type PreTokenizer, preTokenizers } from "./pre-tokenizers.js";

/** Token kinds by their number in the file; the other kinds (unknown, unused) never occur in encoded text. */
const kinds = { normal: 1, control: 3, userDefined: 4, byte: 6 };

export interface Vocabulary {
  readonly tokens: readonly string[];
  /** Spellings that BPE may produce, in GPT-2's alphabet. */
  readonly plain: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  /** Control tokens by their text: only a prompt's author may write them. */
  readonly control: ReadonlyMap<string, number>;
  /** Tokens that are matched as a whole in any text. */
  readonly userDefined: ReadonlyMap<string, number>;
  readonly preTokenizer: PreTokenizer;
  readonly bosId: number | undefined;
  /** Every token that ends a text or a turn; the file's own end-of-text token first. */
  readonly eosIds: readonly number[];
  /** What to put around a whole text. */
  readonly addBos: boolean;
  readonly addEos: boolean;
}

export function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const preTokenizer = requirePreTokenizer(metadata);
  const tokens = metadata.strings("tokenizer.ggml.tokens");
  const types = metadata.has("tokenizer.ggml.token_type") ? metadata.numbers("tokenizer.ggml.token_type") : undefined;
  if (tokens.length === 0) throw invalid(metadata, "the vocabulary is empty");
  if (types && types.length !== tokens.length) {
    throw invalid(metadata, `${types.length} token types for ${tokens.length} tokens`);
  }
  const ofKind = (...wanted: number[]) => {
    const ids = new Map<string, number>();
    // A text that occurs twice keeps its first id, as in llama.cpp.
    tokens.forEach((token, id) => {
      if (wanted.includes(types?.[id] ?? kinds.normal) && token && !ids.has(token)) ids.set(token, id);
    });
    return ids;
  };
  const control = ofKind(kinds.control);
  const userDefined = ofKind(kinds.userDefined);
  requireFewShortTokens(metadata, [...control.keys(), ...userDefined.keys()]);
  return {
    tokens,
    plain: ofKind(kinds.normal, kinds.byte),
    merges: readMerges(metadata),
    control,
    userDefined,
    preTokenizer,
    bosId: tokenId(metadata, "bos", tokens.length),
    eosIds: readEosIds(metadata, control, tokens.length),
    addBos: metadata.boolean("tokenizer.ggml.add_bos_token", preTokenizer.addBos ?? false),
    addEos: metadata.boolean("tokenizer.ggml.add_eos_token", false),
  };
}

/** The bytes that each token stands for, special tokens as their text. */
export function tokenBytes(vocabulary: Vocabulary): Uint8Array[] {
  const utf8 = new TextEncoder();
  return vocabulary.tokens.map((token) => {
    const whole = vocabulary.control.has(token) || vocabulary.userDefined.has(token);
    return (whole ? undefined : spelledBytes(token)) ?? utf8.encode(token);
  });
}

function requirePreTokenizer(metadata: GgufMetadata): PreTokenizer {
  const model = metadata.string("tokenizer.ggml.model");
  const pre = metadata.string("tokenizer.ggml.pre", "default");
  const found = model === "gpt2" && Object.hasOwn(preTokenizers, pre) ? preTokenizers[pre] : undefined;
  if (found) return found;
  const what = `the tokenizer is ${JSON.stringify(model)} with pre-tokenizer ${JSON.stringify(pre)}`;
  throw new ModelError("tokenizer-unsupported", what, { file: metadata.file });
}

/** Llama 4 has some 1,100, below 50 characters each. A regular expression is made of them, and tables of their parts. */
const mostSpecial = 16_384;
const longestSpecial = 256;

function requireFewShortTokens(metadata: GgufMetadata, special: readonly string[]): void {
  if (special.length > mostSpecial)
    throw invalid(metadata, `${special.length} special tokens, more than ${mostSpecial}`);
  const long = special.find((token) => token.length > longestSpecial);
  if (long)
    throw invalid(metadata, `special token ${JSON.stringify(long.slice(0, 20))}… is ${long.length} characters long`);
}

function readMerges(metadata: GgufMetadata): (readonly [string, string])[] {
  return metadata.strings("tokenizer.ggml.merges").map((merge, rank) => {
    const space = merge.indexOf(" ", 1);
    if (space < 0 || space === merge.length - 1 || merge.indexOf(" ", space + 1) >= 0) {
      throw invalid(metadata, `merge ${rank} is ${JSON.stringify(merge.slice(0, 40))}, not two pieces`);
    }
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
}

/** Ends of text or turn that files forget to declare, by the names they have in published models. */
const knownEnds = ["<|endoftext|>", "<|im_end|>", "<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "</s>"];

function readEosIds(metadata: GgufMetadata, control: ReadonlyMap<string, number>, size: number): number[] {
  const declared = ["eos", "eot", "eom"].map((kind) => tokenId(metadata, kind, size));
  const known = knownEnds.map((token) => control.get(token));
  return [...new Set([...declared, ...known])].filter((id) => id !== undefined);
}

function tokenId(metadata: GgufMetadata, kind: string, size: number): number | undefined {
  const key = `tokenizer.ggml.${kind}_token_id`;
  if (!metadata.has(key)) return undefined;
  const id = metadata.count(key);
  if (id >= size) throw invalid(metadata, `${key} is ${id}, but there are ${size} tokens`);
  return id;
}

const invalid = (metadata: GgufMetadata, what: string) =>
  new ModelError("tokenizer-invalid", what, { file: metadata.file });

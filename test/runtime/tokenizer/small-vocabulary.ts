/** Tiny tokenizers as the metadata of a GGUF file, for tests without a model. */

import { type GgufMetadata, openGguf } from "../../../runtime/weights/index.js";
import { array, ggufBytes, type Typed, text, u32 } from "../weights/write-gguf.js";

/** GPT-2's spelling of bytes, derived here once more so that tests do not trust the runtime's table. */
export const alphabet: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(printable(byte) ? byte : next++));
})();

export const spell = (word: string): string => Array.from(Buffer.from(word), (byte) => alphabet[byte]!).join("");

/** Special tokens and what a test changes in the metadata; undefined removes a key. */
export interface SmallOptions {
  readonly control?: readonly string[];
  readonly userDefined?: readonly string[];
  readonly metadata?: Record<string, Typed | undefined>;
}

/** All bytes, then `words` with merges that build each from the left, then special tokens. */
export function bytesOnlyMetadata(pre: string, words: readonly string[] = [], options: SmallOptions = {}) {
  const { control = [], userDefined = [] } = options;
  const tokens = new Set(alphabet);
  const merges = new Map<string, string>();
  for (const word of words.map(spell)) {
    for (let end = 2; end <= word.length; end++) {
      merges.set(`${word.slice(0, end - 1)} ${word[end - 1]}`, "");
      tokens.add(word.slice(0, end));
    }
  }
  const types = [...Array(tokens.size).fill(1), ...control.map(() => 3), ...userDefined.map(() => 4)];
  const entries: Record<string, Typed | undefined> = {
    "tokenizer.ggml.model": text("gpt2"),
    "tokenizer.ggml.pre": text(pre),
    "tokenizer.ggml.tokens": array("string", [...tokens, ...control, ...userDefined]),
    "tokenizer.ggml.token_type": array("i32", types),
    "tokenizer.ggml.merges": array("string", [...merges.keys()]),
    "tokenizer.ggml.bos_token_id": control.length ? u32(tokens.size) : undefined,
    "tokenizer.ggml.eos_token_id": control.length ? u32(tokens.size + control.length - 1) : undefined,
    ...options.metadata,
  };
  return Object.entries(entries).filter((entry): entry is [string, Typed] => entry[1] !== undefined);
}

/** The same, as it is read from a file. */
export function bytesOnly(pre: string, words: readonly string[] = [], options: SmallOptions = {}): GgufMetadata {
  const metadata = bytesOnlyMetadata(pre, words, options);
  return openGguf("small.gguf", { mapFile: () => Uint8Array.from(ggufBytes({ metadata })).buffer }).metadata;
}

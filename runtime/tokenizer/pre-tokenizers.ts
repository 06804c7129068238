/** How text is cut into words before BPE joins bytes within them: one entry a pre-tokenizer name of GGUF files. */

export interface PreTokenizer {
  /** Applied one after the other, each to the pieces that the former left; matches and what lies between are words. */
  readonly patterns: readonly string[];
  /** Compose characters first, as the model's own tokenizer does. */
  readonly normalize?: "NFC";
  /** A word that is in the vocabulary is taken whole, without looking for merges. */
  readonly ignoreMerges?: boolean;
  /** Whether a text starts with the beginning-of-text token where the file does not say. */
  readonly addBos?: boolean;
}

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** Llama 3's words, with runs of at most so many digits. */
const llama3 = (digits: string) =>
  `'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;

export const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  "gpt-2": { patterns: [gpt2] },
  // \p{N} and not \d: the digits of every script, and ½ and ², stand alone.
  smollm: { patterns: ["\\p{N}", gpt2] },
  "llama-bpe": { patterns: [llama3("\\p{N}{1,3}")], ignoreMerges: true, addBos: true },
  qwen2: { patterns: [llama3("\\p{N}")], normalize: "NFC" },
};

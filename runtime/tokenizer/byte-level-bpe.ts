/** Ordinary text to ids: @huggingface/tokenizers fed with a tokenizer.json made from a GGUF file's vocabulary. */

import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { chunks } from "./chunks.js";
import type { Vocabulary } from "./vocabulary.js";

/** Encodes text without any special meaning. Bytes that the vocabulary lacks vanish, as in the models' own tokenizers. */
export function byteLevelBpe(vocabulary: Vocabulary): (text: string) => number[] {
  const tokenizer = new HuggingFaceTokenizer(tokenizerJson(vocabulary), {});
  return (text) => {
    const ids: number[] = [];
    for (const chunk of chunks(text)) for (const id of tokenizer.encode(chunk).ids) ids.push(id);
    return ids;
  };
}

/** What the model's tokenizer.json says, but for special tokens: they are no business of this stage. */
function tokenizerJson({ plain, merges, preTokenizer }: Vocabulary): object {
  const { patterns, normalize, ignoreMerges = false } = preTokenizer;
  return {
    added_tokens: [],
    normalizer: normalize ? { type: normalize } : null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        // The library's own ByteLevel and Digits have JavaScript's idea of \s and \d; its Split has Unicode's.
        ...patterns.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })),
        { type: "ByteLevel", add_prefix_space: false, use_regex: false },
      ],
    },
    model: {
      type: "BPE",
      // fromEntries defines even a key "__proto__"; assignment would lose it.
      vocab: Object.fromEntries(plain),
      merges,
      ignore_merges: ignoreMerges,
    },
    post_processor: null,
    decoder: null,
  };
}

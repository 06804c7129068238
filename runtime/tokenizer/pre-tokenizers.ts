/**
 * How text is cut into words before BPE joins bytes within them: one entry a pre-tokenizer name of GGUF files. The
 * regular expressions are those of the models' own tokenizer.json, in Oniguruma's syntax.
 */

import { deepseekLetters } from "./deepseek-letters.js";
import { oniguruma } from "./oniguruma.js";
import type { WordStep } from "./source.js";
import { spelled, split } from "./word-steps.js";

export interface PreTokenizer {
  /** Patterns applied one after the other, each to the pieces that the former left; matches and gaps are words. */
  readonly patterns: readonly (string | WordStep)[];
  /** Compose characters first, as the model's own tokenizer does. */
  readonly normalize?: "NFC";
  /** A word that is in the vocabulary is taken whole, without looking for merges. */
  readonly ignoreMerges?: boolean;
  /** Whether a text starts with the beginning-of-text token where the file does not say. */
  readonly addBos?: boolean;
}

/** The steps of a pre-tokenizer. */
export const wordSteps = ({ patterns }: PreTokenizer): WordStep[] =>
  patterns.map((pattern) => (typeof pattern === "string" ? split(oniguruma(pattern)) : pattern));

const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
export const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const spaces = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** Llama 3's words, with runs of at most so many digits. */
const llama3 = (digits: string, letters = "\\p{L}", others = "\\p{L}\\p{N}") =>
  `${contraction}|[^\\r\\n\\p{L}\\p{N}]?${letters}+|${digits}| ?[^\\s${others}]+[\\r\\n]*|${spaces}`;

/** Words of one case, or with a capital in front; GPT-4o's take a contraction along. */
const cased = (tail: string, digits: string) => {
  const [upper, lower] = ["[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"];
  const head = "[^\\r\\n\\p{L}\\p{N}]?";
  const words = `${head}${upper}*${lower}+${tail}|${head}${upper}+${lower}*${tail}`;
  return `${words}|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`;
};

const three = "\\p{N}{1,3}";
const eastAsian = "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+";
const kinds = {
  gpt2: { patterns: [gpt2] },
  // \p{N} and not \d: the digits of every script, and ½ and ², stand alone.
  digits: { patterns: ["\\p{N}", gpt2] },
  llama3: { patterns: [llama3(three)], ignoreMerges: true, addBos: true },
  qwen2: { patterns: [llama3("\\p{N}")], normalize: "NFC" },
  deepseek3: {
    patterns: [
      three,
      "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|" +
        ` ?[\\p{P}\\p{S}]+[\\r\\n]*|${spaces}`,
    ],
  },
  gpt4o: { patterns: [cased(`${contraction}?`, three)] },
  bloom: { patterns: [" ?[^(\\s|[.,!?…。，、।۔،])]+"] },
} satisfies Record<string, PreTokenizer>;

/** llama.cpp's own, for files that name none. */
const unnamed = { patterns: ["[\\p{P}$+<=>^~|]+", gpt2, "\\p{N}+", "[0-9][0-9][0-9]"] };

/** Where a name is missing here, llama.cpp may know it: src/llama-vocab.cpp lists what is in use. */
export const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  default: unnamed,
  ...named(kinds.gpt2, ["gpt-2", "phi-2", "mellum", "gigachat", "a.x-4.0", "exaone4", "jais", "trillion"]),
  ...named(kinds.gpt2, ["granite-docling", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v2-code"]),
  ...named({ ...kinds.gpt2, normalize: "NFC" }, ["mpt", "olmo"]),
  ...named(kinds.digits, ["smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"]),
  "command-r": { ...kinds.digits, normalize: "NFC" },
  ...named(kinds.llama3, ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"]),
  ...named({ patterns: kinds.llama3.patterns }, ["dbrx", "smaug-bpe", "chatglm-bpe"]),
  ...named({ patterns: kinds.llama3.patterns, ignoreMerges: true }, ["glm4", "glm5"]),
  ...named(kinds.qwen2, ["qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez"]),
  qwen35: { patterns: [llama3("\\p{N}", "[\\p{L}\\p{M}]", "\\p{L}\\p{M}\\p{N}")], normalize: "NFC" },
  ...named({ patterns: kinds.qwen2.patterns }, ["stablelm2", "hunyuan", "solar-open", "grok-2"]),
  minicpm5: { patterns: [three, llama3("\\p{N}+")], ignoreMerges: true },
  "deepseek-llm": {
    patterns: [
      "[\\r\\n]",
      `\\s?[${deepseekLetters}]+`,
      "\\s?[!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}]+",
      // Its own is \s+$, which tries every end of a run that is no end of the text.
      "(?<!\\s)\\s+$",
      eastAsian,
      "\\p{N}",
    ],
  },
  "deepseek-coder": { patterns: ["[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", eastAsian, "\\p{N}"] },
  ...named(kinds.deepseek3, ["deepseek-v3", "hunyuan-dense", "joyai-llm"]),
  // The last two steps look at spelt bytes: so does the model's own tokenizer, whatever it thereby cuts.
  falcon: {
    patterns: ["[\\p{P}$+<=>^~|`]+", gpt2, spelled, "\\p{N}+", "[0-9][0-9][0-9]"],
  },
  tekken: { patterns: [cased("", "\\p{N}")], ignoreMerges: true, addBos: true },
  ...named(kinds.gpt4o, ["gpt-4o", "llama4", "kanana2", "minimax-m2"]),
  ...named(kinds.bloom, ["bloom", "poro-chat", "gpt3-finnish"]),
  viking: { patterns: [...kinds.bloom.patterns, "\\p{N}"] },
  superbpe: { patterns: ["\\p{N}+", "(?=(\\d{3})+(?!\\d))"] },
  ...named(
    {
      patterns: [
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
      ],
    },
    ["bailingmoe", "bailingmoe2", "llada-moe"],
  ),
  "seed-coder": {
    patterns: [`${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|${spaces}`],
  },
  "exaone-moe": {
    patterns: [
      `${contraction}|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|` +
        "\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
    ],
  },
};

function named(preTokenizer: PreTokenizer, names: readonly string[]): Record<string, PreTokenizer> {
  return Object.fromEntries(names.map((name) => [name, preTokenizer]));
}

// A tokenizer.json made from the tokenizer of a GGUF file, with the steps that the models' own tokenizer.json have: to
// check that both ways of reading a tokenizer give the same ids.

const byteLevel = (use_regex) => ({ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex });
const isolate = (Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false });
const digits = (individual_digits) => ({ type: "Digits", individual_digits });
const sequence = (...pretokenizers) => ({ type: "Sequence", pretokenizers });
const split = (...patterns) => sequence(...patterns.map(isolate), byteLevel(false));
const nfc = { type: "NFC" };

const llama3 = (numbers, letters = "\\p{L}", known = "\\p{L}\\p{N}") =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?${letters}+|${numbers}| ?[^\\s${known}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const gpt4oLetters = (tail) =>
  `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${tail}|` +
  `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${tail}`;
const gpt4oRest = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const deepseekLatin =
  "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕ\\u1f18-\\u1f1d\\u1f20-\\u1f45\\u1f48-\\u1f4d" +
  "\\u1f50-\\u1f57\\u1f59\\u1f5b\\u1f5d\\u1f5f-\\u1f7d\\u1f80-\\u1fb4\\u1fb6-\\u1fbc\\u1fbe\\u1fc2-\\u1fc4\\u1fc6-\\u1fcc\\u1fd0-\\u1fd3\\u1fd6-\\u1fdb" +
  "\\u1fe0-\\u1fec\\u1ff2-\\u1ff4\\u1ff6-\\u1ffcℂℇℊ-ℓℕℙ-ℝℤ\\u2126ℨ\\u212a-\\u212dℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿ\\ufb00-\\ufb06\\ufb13-\\ufb17" +
  "Ａ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃";
const eastAsian = "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff]+";

/** By the name of the pre-tokenizer in GGUF files: [pre_tokenizer, normalizer]. */
export const preTokenizersOf = {
  default: [
    sequence(
      isolate("[\\p{P}$+<=>^~|]+"),
      isolate("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
      digits(false),
      isolate("[0-9][0-9][0-9]"),
      byteLevel(false),
    ),
  ],
  "gpt-2": [byteLevel(true)],
  mpt: [byteLevel(true), nfc],
  smollm: [sequence(digits(true), byteLevel(true))],
  starcoder: [sequence(digits(true), byteLevel(true))],
  refact: [sequence(digits(true), byteLevel(true))],
  "command-r": [sequence(digits(true), byteLevel(true)), nfc],
  "llama-bpe": [split(llama3("\\p{N}{1,3}"))],
  qwen2: [split(llama3("\\p{N}")), nfc],
  stablelm2: [split(llama3("\\p{N}"))],
  qwen35: [split(llama3("\\p{N}", "[\\p{L}\\p{M}]", "\\p{L}\\p{M}\\p{N}")), nfc],
  "deepseek-llm": [
    sequence(
      isolate("[\r\n]"),
      isolate(`\\s?[${deepseekLatin}]+`),
      isolate("\\s?[!-/:-~！-／：-～‘-‟\\u3000-。]+"),
      isolate("\\s+$"),
      isolate(eastAsian),
      digits(true),
      byteLevel(false),
    ),
  ],
  "deepseek-coder": [
    sequence(
      isolate("[\r\n]"),
      isolate("\\s?\\p{L}+"),
      isolate("\\s?\\p{P}+"),
      isolate(eastAsian),
      digits(true),
      byteLevel(false),
    ),
  ],
  "deepseek-v3": [
    split(
      "\\p{N}{1,3}",
      "[一-龥぀-ゟ゠-ヿ]+",
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
    ),
  ],
  falcon: [
    sequence(
      { type: "Punctuation", behavior: "Contiguous" },
      byteLevel(true),
      digits(false),
      isolate("[0-9][0-9][0-9]"),
    ),
  ],
  tekken: [split(`${gpt4oLetters("")}|\\p{N}${gpt4oRest}`)],
  "gpt-4o": [split(`${gpt4oLetters("(?i:'s|'t|'re|'ve|'m|'ll|'d)?")}|\\p{N}{1,3}${gpt4oRest}`)],
  bloom: [split(" ?[^(\\s|[.,!?…。，、।۔،])]+")],
  viking: [split(" ?[^(\\s|[.,!?…。，、।۔،])]+", "\\p{N}")],
  minicpm5: [split("\\p{N}{1,3}", llama3("\\p{N}+"))],
  superbpe: [split("\\p{N}+", "(?=(\\d{3})+(?!\\d))")],
  bailingmoe: [
    split(
      "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
    ),
  ],
  "seed-coder": [
    split(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\r\n]+|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
    ),
  ],
  "exaone-moe": [
    split(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+",
    ),
  ],
};

const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4 };

/**
 * What the files tokenizer.json and tokenizer_config.json would say.
 * @param metadata the metadata of a GGUF file
 * @returns {{ tokenizer: object, config: object }}
 */
export function tokenizerJson(metadata) {
  const tokens = metadata.strings("tokenizer.ggml.tokens");
  const types = metadata.numbers("tokenizer.ggml.token_type");
  const model = metadata.string("tokenizer.ggml.model");
  const steps = { gpt2: byteLevelSteps, llama: sentencePieceSteps, gemma4: gemma4Steps }[model](metadata, tokens);
  const isPhi3 = /phi-?3/i.test(metadata.string("general.name", ""));
  // Converters write the spaces of user-defined tokens as such; tokenizer.json has marks.
  const spelled = (text) => (model === "gpt2" ? text : text.replaceAll(" ", "▁"));
  const added_tokens = tokens.flatMap((content, id) =>
    [kinds.unknown, kinds.control, kinds.userDefined].includes(types[id])
      ? [
          {
            id,
            content: spelled(content),
            single_word: false,
            lstrip: false,
            rstrip: isPhi3 && !["<unk>", "<s>", "<|endoftext|>"].includes(content),
            normalized: false,
            special: types[id] !== kinds.userDefined,
          },
        ]
      : [],
  );
  return {
    tokenizer: { version: "1.0", truncation: null, padding: null, added_tokens, ...steps },
    config: configOf(metadata, tokens, model),
  };
}

function configOf(metadata, tokens, model) {
  const token = (kind) => {
    const key = `tokenizer.ggml.${kind}_token_id`;
    return metadata.has(key) ? { content: tokens[metadata.count(key)] } : null;
  };
  const usual = ["llama-bpe", "tekken"].includes(metadata.string("tokenizer.ggml.pre", "")) || model !== "gpt2";
  return {
    bos_token: token("bos"),
    eos_token: token("eos"),
    add_bos_token: metadata.boolean("tokenizer.ggml.add_bos_token", usual),
    add_eos_token: metadata.boolean("tokenizer.ggml.add_eos_token", false),
    chat_template: metadata.string("tokenizer.chat_template", "") || null,
  };
}

const vocabulary = (tokens) => Object.fromEntries(tokens.map((token, id) => [token, id]));
const bpe = (tokens, merges, more = {}) => ({
  type: "BPE",
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
  vocab: vocabulary(tokens),
  merges,
  ...more,
});

function byteLevelSteps(metadata, tokens) {
  const pre = metadata.string("tokenizer.ggml.pre", "default");
  const [pre_tokenizer, normalizer = null] = preTokenizersOf[pre];
  const ignore_merges = ["llama-bpe", "tekken", "minicpm5"].includes(pre);
  return {
    normalizer,
    pre_tokenizer,
    post_processor: byteLevel(true),
    decoder: byteLevel(true),
    model: bpe(tokens, metadata.strings("tokenizer.ggml.merges"), { ignore_merges }),
  };
}

const marks = { type: "Replace", pattern: { String: " " }, content: "▁" };
const characters = (strips) => ({
  type: "Sequence",
  decoders: [
    { type: "Replace", pattern: { String: "▁" }, content: " " },
    { type: "ByteFallback" },
    { type: "Fuse" },
    ...(strips ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
  ],
});
const unknown = (metadata, tokens) => ({
  unk_token: tokens[metadata.count("tokenizer.ggml.unknown_token_id", 0)],
  fuse_unk: true,
  byte_fallback: true,
});

/** Merges are ordered by the score of what they make, the best first; user-defined pieces are made before all others. */
function sentencePieceSteps(metadata, tokens) {
  const scores = metadata.numbers("tokenizer.ggml.scores");
  const types = metadata.numbers("tokenizer.ggml.token_type");
  const spellings = tokens.map((token, id) => (types[id] === kinds.userDefined ? token.replaceAll(" ", "▁") : token));
  const ids = new Map(spellings.map((token, id) => [token, id]));
  const pairs = [];
  spellings.forEach((token, id) => {
    if (types[id] !== kinds.normal && types[id] !== kinds.userDefined) return;
    const points = Array.from(token);
    for (let cut = 1; cut < points.length; cut++) {
      const pair = [points.slice(0, cut).join(""), points.slice(cut).join("")];
      if (pair.every((part) => ids.has(part)))
        pairs.push({ pair, score: types[id] === kinds.userDefined ? 0 : scores[id], id });
    }
  });
  pairs.sort((a, b) => b.score - a.score || a.id - b.id);
  const prefix = metadata.boolean("tokenizer.ggml.add_space_prefix", true);
  return {
    normalizer: prefix ? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, marks] } : marks,
    pre_tokenizer: null,
    post_processor: null,
    decoder: characters(prefix),
    model: bpe(
      spellings,
      pairs.map(({ pair }) => pair),
      unknown(metadata, tokens),
    ),
  };
}

function gemma4Steps(metadata, tokens) {
  return {
    normalizer: marks,
    pre_tokenizer: { type: "Split", pattern: { String: " " }, behavior: "MergedWithPrevious", invert: false },
    post_processor: null,
    decoder: characters(false),
    model: bpe(
      tokens,
      metadata.strings("tokenizer.ggml.merges").map((merge) => merge.split(" ")),
      unknown(metadata, tokens),
    ),
  };
}

/** The tokenizer's part of a GGUF file. */

import { type GgufMetadata, ModelError } from "../weights/index.js";
import { endIds } from "./ends.js";
import { type PreTokenizer, preTokenizers, wordSteps } from "./pre-tokenizers.js";
import { byteIds, byteLevelBytes, pieceBytes, sentencePieceText } from "./sentence-piece.js";
import type { AddedToken, PieceModel, TokenizerSource } from "./source.js";
import { unchanged, unicodeForm } from "./text-steps.js";
import { split } from "./word-steps.js";

/** Token kinds by their number in the file. Unused tokens never occur in encoded text. */
const kinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

/** What a kind of tokenizer adds to what all files say alike. */
type Part = Pick<TokenizerSource, "normalize" | "words" | "model" | "bytesOf" | "spaceBefore"> & {
  readonly addBos: boolean;
  /** Ids where the file does not say. */
  readonly bosId?: number;
  readonly eosId?: number;
};

/** By `tokenizer.ggml.model`. */
const models: Readonly<Record<string, (vocabulary: Vocabulary) => Part>> = {
  gpt2: byteLevelPart,
  llama: sentencePiecePart,
  gemma4: gemma4Part,
};

/** Kinds that are known but not supported, in words. */
const otherModels: Readonly<Record<string, string>> = {
  bert: "WordPiece",
  t5: "SentencePiece's unigram model",
  rwkv: "RWKV's tokenizer",
  plamo2: "PLaMo-2's tokenizer",
  no_vocab: "no vocabulary",
  none: "no vocabulary",
};

export function readGgufTokenizer(metadata: GgufMetadata): TokenizerSource {
  const kind = metadata.string("tokenizer.ggml.model");
  const part = Object.hasOwn(models, kind) ? models[kind] : undefined;
  if (!part) {
    const name = Object.hasOwn(otherModels, kind) ? ` (${otherModels[kind]})` : "";
    throw new ModelError("tokenizer-unsupported", `the tokenizer is ${JSON.stringify(kind)}${name}`, metadata);
  }
  // Before the vocabulary is read, which takes a while.
  if (kind === "gpt2") requirePreTokenizer(metadata);
  const vocabulary = readVocabulary(metadata);
  const { tokens, added } = vocabulary;
  const { addBos, bosId: usualBos, eosId: usualEos, ...rest } = part(vocabulary);
  const bosId = tokenId(metadata, "bos", tokens.length) ?? usualBos;
  const eosId = tokenId(metadata, "eos", tokens.length) ?? usualEos;
  const others = ["eot", "eom"].map((name) => tokenId(metadata, name, tokens.length));
  const eosIds = endIds([eosId, ...others], added);
  const around = (name: string, usual: boolean, id: number | undefined) =>
    metadata.boolean(`tokenizer.ggml.add_${name}_token`, usual) && id !== undefined ? [id] : [];
  return {
    ...rest,
    file: metadata.file,
    tokens,
    added,
    bosId,
    eosIds,
    before: around("bos", addBos, bosId),
    after: around("eos", false, eosIds[0]),
    template: metadata.string("tokenizer.chat_template", "") || undefined,
    toolTemplate: metadata.string("tokenizer.chat_template.tool_use", "") || undefined,
  };
}

interface Vocabulary {
  readonly metadata: GgufMetadata;
  readonly tokens: readonly string[];
  readonly added: readonly AddedToken[];
  /** Tokens of some kinds by their spelling. One that occurs twice keeps its first id, as in llama.cpp. */
  readonly ofKind: (...wanted: number[]) => Map<string, number>;
}

function readVocabulary(metadata: GgufMetadata): Vocabulary {
  const tokens = metadata.strings("tokenizer.ggml.tokens");
  const types = metadata.has("tokenizer.ggml.token_type") ? metadata.numbers("tokenizer.ggml.token_type") : undefined;
  if (tokens.length === 0) throw invalid(metadata, "the vocabulary is empty");
  if (types && types.length !== tokens.length) {
    throw invalid(metadata, `${types.length} token types for ${tokens.length} tokens`);
  }
  const ofKind = (...wanted: number[]) => {
    const ids = new Map<string, number>();
    tokens.forEach((token, id) => {
      if (wanted.includes(types?.[id] ?? kinds.normal) && token && !ids.has(token)) ids.set(token, id);
    });
    return ids;
  };
  const rstrip = takesSpaceAfter(metadata);
  // SentencePiece finds runs of spaces once they are spelt ▁▁. A prefix would become part of what is looked for.
  const isSpelled = !metadata.boolean("tokenizer.ggml.add_space_prefix", true);
  const normalized = (text: string) => isSpelled && text.includes(" ");
  const addedOf = (control: boolean, ...wanted: number[]) =>
    [...ofKind(...wanted)].map(
      ([text, id]): AddedToken => ({ id, text, control, normalized: normalized(text), rstrip: rstrip(text) }),
    );
  const added = [...addedOf(true, kinds.control, kinds.unknown), ...addedOf(false, kinds.userDefined)];
  return { metadata, tokens, added, ofKind };
}

/** GGUF has no place for it, but Phi-3's special tokens swallow the white space after them (llama.cpp knows them by name too). */
function takesSpaceAfter(metadata: GgufMetadata): (token: string) => boolean {
  const isPhi3 = /phi-?3/i.test(metadata.string("general.name", ""));
  return (token) => isPhi3 && !["<unk>", "<s>", "<|endoftext|>"].includes(token);
}

function byteLevelPart(vocabulary: Vocabulary): Part {
  const { metadata, ofKind } = vocabulary;
  const preTokenizer = requirePreTokenizer(metadata);
  const { normalize, ignoreMerges = false, addBos = false } = preTokenizer;
  return {
    normalize: normalize ? unicodeForm(normalize) : unchanged,
    words: wordSteps(preTokenizer),
    model: {
      pieces: ofKind(kinds.normal, kinds.byte),
      order: { ranks: readMerges(metadata) },
      // A step that spells the bytes itself leaves nothing to spell: see falcon.
      byteLevel: !preTokenizer.patterns.some((pattern) => typeof pattern === "function"),
      wholeWords: ignoreMerges,
    },
    bytesOf: byteLevelBytes,
    spaceBefore: "nothing",
    addBos,
  };
}

function requirePreTokenizer(metadata: GgufMetadata): PreTokenizer {
  const pre = metadata.string("tokenizer.ggml.pre", "default");
  const found = Object.hasOwn(preTokenizers, pre) ? preTokenizers[pre] : undefined;
  if (found) return found;
  const what = `the tokenizer is "gpt2" with pre-tokenizer ${JSON.stringify(pre)}`;
  const hint = `Use a model with one of the pre-tokenizers ${Object.keys(preTokenizers).join(", ")}.`;
  throw new ModelError("tokenizer-unsupported", what, { file: metadata.file, hint });
}

function sentencePiecePart(vocabulary: Vocabulary): Part {
  const { metadata, tokens } = vocabulary;
  const scores = metadata.numbers("tokenizer.ggml.scores");
  if (scores.length !== tokens.length) throw invalid(metadata, `${scores.length} scores for ${tokens.length} tokens`);
  const addSpacePrefix = metadata.boolean("tokenizer.ggml.add_space_prefix", true);
  const removeExtraSpaces = metadata.boolean("tokenizer.ggml.remove_extra_whitespaces", false);
  return {
    normalize: sentencePieceText({ addSpacePrefix, removeExtraSpaces }),
    words: [],
    model: { ...characterModel(vocabulary), order: { scores } },
    bytesOf: pieceBytes(),
    spaceBefore: addSpacePrefix ? "every stretch" : "nothing",
    addBos: true,
    bosId: tokens.length > 1 ? 1 : undefined,
    eosId: tokens.length > 2 ? 2 : undefined,
  };
}

/** Gemma 4: SentencePiece's spelling with merges in the file. */
function gemma4Part(vocabulary: Vocabulary): Part {
  return {
    normalize: sentencePieceText({ addSpacePrefix: false, removeExtraSpaces: false }),
    words: [split(/\n+/gu)],
    model: { ...characterModel(vocabulary), order: { ranks: readMerges(vocabulary.metadata) } },
    bytesOf: pieceBytes(),
    spaceBefore: "nothing",
    addBos: true,
  };
}

/** Words of characters, with tokens for bytes of those that are no piece. */
function characterModel({ metadata, tokens, ofKind }: Vocabulary): Omit<PieceModel, "order"> {
  const bytes = ofKind(kinds.byte);
  return {
    // What users may write is also what merges may make: runs of spaces, say.
    pieces: ofKind(kinds.normal, kinds.userDefined),
    byteLevel: false,
    byteIds: byteIds((spelling) => bytes.get(spelling)),
    unknownId: tokenId(metadata, "unknown", tokens.length),
    fuseUnknown: true,
  };
}

function readMerges(metadata: GgufMetadata): Map<string, number> {
  const ranks = new Map<string, number>();
  metadata.strings("tokenizer.ggml.merges").forEach((merge, rank) => {
    const space = merge.indexOf(" ", 1);
    if (space < 0 || space === merge.length - 1 || merge.indexOf(" ", space + 1) >= 0) {
      throw invalid(metadata, `merge ${rank} is ${JSON.stringify(merge.slice(0, 40))}, not two pieces`);
    }
    if (!ranks.has(merge)) ranks.set(merge, rank);
  });
  return ranks;
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

/** The tokenizer of a Hugging Face folder: tokenizer.json and the files beside it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { FileError, readText } from "../../files.js";
import { ModelError } from "../../weights/index.js";
import { endIds } from "../ends.js";
import type { AddedToken, TokenizerSource } from "../source.js";
import { inTurn } from "../text-steps.js";
import { spelled } from "../word-steps.js";
import { readAddedTokens } from "./added.js";
import { type Around, addProcessor } from "./around.js";
import { bytesOf, readDecoder } from "./decoder.js";
import { JsonPart } from "./json.js";
import { readModel } from "./model.js";
import { addNormalizer, addPreTokenizer, type Steps } from "./steps.js";

/** The files that are looked for; only the first must be there. */
export const tokenizerFiles = [
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
] as const;

/** What the files of a folder hold. */
export interface HuggingFaceFiles {
  /** For errors: the folder. */
  readonly folder: string;
  readonly tokenizer: JsonPart;
  readonly config: JsonPart;
  readonly specialTokens: JsonPart;
  /** Jinja source of chat_template.jinja, and of the one for tools beside it. */
  readonly template?: string;
  readonly toolTemplate?: string;
}

/** @throws ModelError for a folder without tokenizer.json, damaged files, and steps that are not understood */
export function readHuggingFaceTokenizer(folder: string): TokenizerSource {
  const [tokenizer, config, map, jinja] = tokenizerFiles.map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  if (!existsSync(tokenizer)) throw missing(folder);
  const forTools = join(folder, "additional_chat_templates", "tool_use.jinja");
  return huggingFaceTokenizer({
    folder,
    tokenizer: readJson(tokenizer),
    config: existsSync(config) ? readJson(config) : new JsonPart(config, {}),
    specialTokens: existsSync(map) ? readJson(map) : new JsonPart(map, {}),
    template: existsSync(jinja) ? readPart(jinja) : undefined,
    toolTemplate: existsSync(forTools) ? readPart(forTools) : undefined,
  });
}

/** The same from what the files hold. */
export function huggingFaceTokenizer({
  folder,
  tokenizer,
  config,
  specialTokens,
  template,
  toolTemplate,
}: HuggingFaceFiles): TokenizerSource {
  const { vocabulary, byteFallback, ...model } = readModel(tokenizer.get("model"));
  const added = readAddedTokens(tokenizer, config);
  const steps: Steps = { text: [], words: [], spaceBefore: "nothing", read: 0 };
  addNormalizer(tokenizer.get("normalizer"), steps);
  addPreTokenizer(tokenizer.get("pre_tokenizer"), steps);
  // Spelling last of all is left to the encoder, which remembers words.
  const byteLevel = steps.words.at(-1) === spelled;
  const decoding = readDecoder(tokenizer.get("decoder"), {
    byteLevel: steps.words.includes(spelled),
    bytes: byteFallback,
  });
  const tokens = spellings(vocabulary, added);
  const idOf = idsByText(vocabulary, added);
  const special = (name: string) => specialToken(name, [config, specialTokens], idOf);
  const bosId = special("bos_token");
  const eosId = special("eos_token");
  return {
    file: folder,
    tokens,
    added,
    normalize: inTurn(steps.text),
    words: byteLevel ? steps.words.slice(0, -1) : steps.words,
    model: { ...model, pieces: withoutControl(vocabulary, added), byteLevel },
    bytesOf: bytesOf(decoding),
    spaceBefore: steps.spaceBefore === "nothing" && decoding.strips ? "text" : steps.spaceBefore,
    bosId,
    eosIds: endIds([eosId], added),
    ...idsAround(tokenizer.get("post_processor"), config, { bosId, eosId }),
    template: template ?? readTemplate(config.get("chat_template")),
    toolTemplate: toolTemplate ?? namedTemplate(config.get("chat_template"), "tool_use"),
  };
}

function missing(folder: string): ModelError {
  const other = ["tokenizer.model", "vocab.json", "spiece.model"].find((name) => existsSync(join(folder, name)));
  const what = `there is no tokenizer in this folder: looked for ${tokenizerFiles.join(", ")}`;
  const hint = other
    ? `It has ${other}, which is not read: save the tokenizer as tokenizer.json (AutoTokenizer.from_pretrained(…).save_pretrained(…)).`
    : "Download the model's tokenizer.json, and tokenizer_config.json for its chat template, into the folder.";
  return new ModelError("tokenizer-missing", what, { file: folder, hint });
}

/** A file of the folder. @throws ModelError for what is no regular file, or far too long */
function readPart(file: string): string {
  try {
    return readText(file);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new ModelError("file-unreadable", cause.what, { file, cause });
  }
}

function readJson(file: string): JsonPart {
  try {
    return new JsonPart(file, JSON.parse(readPart(file)));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError("tokenizer-invalid", `the file is not JSON: ${(cause as Error).message}`, {
      file,
      cause,
      hint: "The file is damaged or incomplete: download it again.",
    });
  }
}

function spellings(vocabulary: ReadonlyMap<string, number>, added: readonly AddedToken[]): string[] {
  let size = 0;
  for (const id of vocabulary.values()) size = Math.max(size, id + 1);
  for (const { id } of added) size = Math.max(size, id + 1);
  const tokens = new Array<string>(size).fill("");
  for (const [token, id] of vocabulary) tokens[id] = token;
  for (const { id, text } of added) tokens[id] = text;
  return tokens;
}

const idsByText = (vocabulary: ReadonlyMap<string, number>, added: readonly AddedToken[]) => {
  const ids = new Map(added.map(({ text, id }) => [text, id]));
  return (text: string) => ids.get(text) ?? vocabulary.get(text);
};

/** No merge and no whole word makes a control token. */
function withoutControl(vocabulary: ReadonlyMap<string, number>, added: readonly AddedToken[]): Map<string, number> {
  const pieces = new Map(vocabulary);
  for (const { text, control } of added) if (control) pieces.delete(text);
  return pieces;
}

/** "bos_token": "<s>", or { "content": "<s>" }, in the first file that has it. */
function specialToken(name: string, files: readonly JsonPart[], idOf: (text: string) => number | undefined) {
  const part = files.map((file) => file.get(name)).find((found) => !found.isAbsent);
  if (!part) return undefined;
  const text = typeof part.value === "string" ? part.value : part.get("content").string();
  const id = idOf(text);
  if (id === undefined) throw part.mistyped("a token of the vocabulary");
  return id;
}

/** The post-processor's ids; add_bos_token and add_eos_token of tokenizer_config.json have the last word. */
function idsAround(processor: JsonPart, config: JsonPart, ids: { bosId?: number; eosId?: number }): Around {
  const around: Around = { before: [], after: [] };
  addProcessor(processor, around);
  const decided = (key: string, id: number | undefined, usual: number[]) => {
    const wanted = config.get(key);
    if (wanted.isAbsent || id === undefined) return usual;
    const others = usual.filter((one) => one !== id);
    return wanted.boolean() ? (usual.includes(id) ? usual : [...others, id]) : others;
  };
  return {
    before: decided("add_bos_token", ids.bosId, around.before),
    after: decided("add_eos_token", ids.eosId, around.after),
  };
}

/** A template, or a list of named ones, of which "default" is taken. */
function readTemplate(part: JsonPart): string | undefined {
  if (part.isAbsent) return undefined;
  if (typeof part.value === "string") return part.value;
  const chosen = namedTemplate(part, "default");
  if (chosen === undefined) throw part.unknown('a list without the name "default"');
  return chosen;
}

function namedTemplate(part: JsonPart, name: string): string | undefined {
  if (part.isAbsent || typeof part.value === "string") return undefined;
  return part
    .items()
    .find((one) => one.get("name").value === name)
    ?.get("template")
    .string();
}

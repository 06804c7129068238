/** Which tokens begin and end a text, and how many there are. */

import { type Checkpoint, type FolderCheckpoint, type GgufCheckpoint, ModelError } from "../../weights/index.js";
import type { ModelConfig } from "../config.js";

export type TokenConfig = Pick<ModelConfig, "tokens" | "bosId" | "eosIds" | "chatTemplate">;

/** Reads them for an embedding of `vocabulary` rows. Throws ModelError for tokens beyond it. */
export function readTokens(checkpoint: Checkpoint, vocabulary: number): TokenConfig {
  const config =
    checkpoint.kind === "gguf" ? readGgufTokens(checkpoint, vocabulary) : readFolderTokens(checkpoint, vocabulary);
  const file = checkpoint.kind === "gguf" ? checkpoint.metadata.file : `${checkpoint.path}/config.json`;
  if (config.tokens > vocabulary) {
    throw new ModelError("metadata-value", `there are ${config.tokens} tokens, but ${vocabulary} rows of embedding`, {
      file,
    });
  }
  const outside = [config.bosId, ...config.eosIds].find((id) => id !== undefined && id >= config.tokens);
  if (outside === undefined) return config;
  throw new ModelError("metadata-value", `special token ${outside} is outside the vocabulary of ${config.tokens}`, {
    file,
  });
}

/** Ends of turns and texts that converters often leave out of the keys; llama.cpp finds them by their names too. */
const ends = ["<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>"];
const CONTROL = 3;

function readGgufTokens({ metadata }: GgufCheckpoint, vocabulary: number): TokenConfig {
  const id = (name: string) => {
    const key = `tokenizer.ggml.${name}_token_id`;
    return metadata.has(key) ? metadata.count(key) : undefined;
  };
  const has = (name: string) => metadata.has(`tokenizer.ggml.${name}`);
  const tokens = has("tokens") ? metadata.strings("tokenizer.ggml.tokens") : undefined;
  const types = has("token_type") ? metadata.numbers("tokenizer.ggml.token_type") : [];
  const named = ends.map((end) => tokens?.indexOf(end) ?? -1).filter((end) => end >= 0 && types[end] === CONTROL);
  const stated = [id("eos"), id("eot"), id("eom")].filter((end) => end !== undefined);
  return {
    tokens: tokens?.length ?? vocabulary,
    bosId: id("bos"),
    eosIds: [...new Set([...stated, ...named])],
    chatTemplate: metadata.string("tokenizer.chat_template", "") || undefined,
  };
}

/** generation_config.json counts where both files say something, as in transformers' generate. The tokenizer reads the rest of the folder. */
function readFolderTokens({ path, config, generation }: FolderCheckpoint, vocabulary: number): TokenConfig {
  const ids = (key: string): number[] => {
    const value = generation[key] ?? config[key] ?? [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((id) => {
      if (Number.isSafeInteger(id) && (id as number) >= 0) return id as number;
      throw new ModelError("metadata-type", `${key} must be the id of a token or a list of such`, {
        file: `${path}/${key in generation ? "generation_config.json" : "config.json"}`,
      });
    });
  };
  return {
    tokens: vocabulary,
    bosId: ids("bos_token_id")[0],
    eosIds: [...new Set(ids("eos_token_id"))],
    chatTemplate: undefined,
  };
}

import { createTokenizer, readHuggingFaceTokenizer, type Tokenizer } from "../tokenizer/index.js";
import { type Checkpoint, ModelError } from "../weights/index.js";
import type { ModelConfig } from "./config.js";

/**
 * The tokenizer of a model, and the configuration with only as many tokens as it has. @throws ModelError where there is none, or where it has
 * tokens that the model does not know
 */
export function tokenizerOf(
  checkpoint: Checkpoint,
  config: ModelConfig,
): { readonly tokenizer: Tokenizer; readonly config: ModelConfig } {
  const { eosIds, vocabulary } = config;
  const source = checkpoint.kind === "gguf" ? checkpoint.metadata : readHuggingFaceTokenizer(checkpoint.path);
  const tokenizer = createTokenizer(source, { eosIds });
  const { vocabularySize: tokens } = tokenizer;
  if (tokens > vocabulary)
    throw new ModelError(
      "metadata-value",
      `the tokenizer has ${tokens} tokens and the embedding ${vocabulary} rows: tokens behind them mean nothing to the model`,
      { file: checkpoint.path, hint: "Get tokenizer and weights of the same model." },
    );
  return { tokenizer, config: { ...config, tokens: Math.min(config.tokens, tokens) } };
}

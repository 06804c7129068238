/** Text to ids and back, and conversations to prompts, as a model file prescribes. */

export { type ChatMessage, type ChatRole, type RenderOptions, requireMessages } from "./chat.js";
export { readGgufTokenizer } from "./gguf-source.js";
export { huggingFaceTokenizer, readHuggingFaceTokenizer, tokenizerFiles } from "./hugging-face/index.js";
export type { AddedToken, PieceModel, TokenizerSource } from "./source.js";
export type { TokenDecoder } from "./token-decoder.js";
export {
  createTokenizer,
  type DecodeOptions,
  type EncodeOptions,
  type Tokenizer,
  type TokenizerOptions,
} from "./tokenizer.js";

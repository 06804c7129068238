/** Text to ids and back, and conversations to prompts, as a model file prescribes. */

export { type ChatMessage, type ChatRole, chatRoles, type RenderOptions } from "./chat.js";
export { chunks } from "./chunks.js";
export type { TokenDecoder } from "./token-decoder.js";
export { createTokenizer, type DecodeOptions, type EncodeOptions, type Tokenizer } from "./tokenizer.js";

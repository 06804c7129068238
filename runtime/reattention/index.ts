/** ReAttention (arXiv 2407.15176): which tokens a query sees where a model reads more than it was trained for. */

export {
  type AttentionKind,
  type AttentionOptions,
  type AttentionRequest,
  attentionText,
  type DenseAttention,
  kindOf,
  parseAttention,
  type ReAttention,
  readAttention,
  type StreamingAttention,
} from "./attention-options.js";
export { AttentionError } from "./errors.js";
export { windowSize } from "./limits.js";
export { PRESETS } from "./presets.js";

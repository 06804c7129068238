import type { Family } from "./family.js";
import { readQwenWindows } from "./layer-kinds.js";

/** Qwen2 and Qwen2.5 (arXiv 2407.10671): biases on q, k and v. */
export const qwen2: Family = {
  architecture: "qwen2",
  huggingFace: { architecture: "Qwen2ForCausalLM", modelType: "qwen2" },
  defaults: { huggingface: { kvHeads: 32, context: 32768 } },
  ggufPairs: "halves",
  biases: { qkv: "always" },
  layerKinds: readQwenWindows,
};

import type { Family } from "./family.js";
import { readQwenWindows } from "./layer-kinds.js";

/** Qwen3 (arXiv 2505.09388): norms on the heads of q and k. */
export const qwen3: Family = {
  architecture: "qwen3",
  huggingFace: { architecture: "Qwen3ForCausalLM", modelType: "qwen3" },
  defaults: { huggingface: { kvHeads: 32, headSize: 128, context: 32768 } },
  ggufPairs: "halves",
  norms: ["queryNorm", "keyNorm"],
  biases: {
    qkv: { key: "attention_bias", missing: false },
    out: { key: "attention_bias", missing: false },
  },
  layerKinds: readQwenWindows,
};

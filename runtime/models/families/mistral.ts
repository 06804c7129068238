import type { Family } from "./family.js";
import { readWindow, uniform } from "./layer-kinds.js";

/** Mistral (arXiv 2310.06825) in a Hugging Face folder: llama with a window in every layer, which v0.2 and later turn off by null. */
export const mistral: Family = {
  architecture: "llama",
  huggingFace: { architecture: "MistralForCausalLM", modelType: "mistral" },
  defaults: { huggingface: { kvHeads: 8, context: 131072, window: 4096 } },
  ggufPairs: "neighbours",
  layerKinds: uniform(readWindow),
};

import { llamaBiases } from "./biases.js";
import { readOptionalMixture } from "./experts.js";
import type { Family } from "./family.js";
import { readWindow, uniform } from "./layer-kinds.js";

/**
 * Llama 2, 3, 3.1 and 3.2, SmolLM2, TinyLlama (arXiv 2302.13971, 2407.21783). GGUF files of this architecture also hold Mistral, which may
 * have windows, and Mixtral, which has experts.
 */
export const llama: Family = {
  architecture: "llama",
  huggingFace: { architecture: "LlamaForCausalLM", modelType: "llama" },
  defaults: { huggingface: { context: 2048 } },
  ggufPairs: "neighbours",
  biases: llamaBiases,
  experts: readOptionalMixture,
  layerKinds: uniform((model) => (model.settings.format === "gguf" ? readWindow(model) : undefined)),
};

import { readMixture } from "./experts.js";
import type { Family } from "./family.js";
import { readWindow, uniform } from "./layer-kinds.js";

const experts = "model.layers.{n}.block_sparse_moe.experts.{e}";

/** Mixtral (arXiv 2401.04088) in a Hugging Face folder. */
export const mixtral: Family = {
  architecture: "llama",
  huggingFace: { architecture: "MixtralForCausalLM", modelType: "mixtral" },
  defaults: {
    huggingface: { kvHeads: 8, rmsEpsilon: 1e-5, ropeBase: 1e6, context: 131072, experts: 8, expertsUsed: 2 },
  },
  ggufPairs: "neighbours",
  experts: readMixture,
  layerKinds: uniform(readWindow),
  names: {
    huggingface: {
      router: "model.layers.{n}.block_sparse_moe.gate.weight",
      expertGate: `${experts}.w1.weight`,
      expertUp: `${experts}.w3.weight`,
      expertDown: `${experts}.w2.weight`,
    },
  },
};

import type { Family } from "./family.js";
import { readWindow, uniform } from "./layer-kinds.js";
import { readGgufRope } from "./rope-gguf.js";
import { readFolderRope } from "./rope-huggingface.js";

/**
 * Phi-3, Phi-3.5, Phi-4 and Phi-4-mini (arXiv 2404.14219): q, k and v in one matrix, gate and up in another; longrope, and in the newer ones
 * only the first dimensions of a head rotate. The window, where there is one, is every layer's, as in transformers; llama.cpp leaves it out.
 */
export const phi3: Family = {
  architecture: "phi3",
  huggingFace: { architecture: "Phi3ForCausalLM", modelType: "phi3" },
  defaults: { huggingface: { rmsEpsilon: 1e-5, context: 4096 } },
  ggufPairs: "halves",
  ropes: (model) => [
    model.settings.format === "gguf"
      ? readGgufRope(model, { longropeByTensors: true })
      : readFolderRope(model, { aliases: { su: "longrope", yarn: "longrope" }, original: 4096 }),
  ],
  layerKinds: uniform(readWindow),
  names: { gguf: { gate: "", up: "", gateUp: "blk.{n}.ffn_up.weight" } },
};

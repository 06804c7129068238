import type { Mixture } from "./experts.js";
import type { Draft, Family } from "./family.js";
import { readWindow, uniform } from "./layer-kinds.js";
import { qwen3 } from "./qwen3.js";

/** Qwen3 with experts in every layer. */
export const qwen3moe: Family = {
  ...qwen3,
  architecture: "qwen3moe",
  huggingFace: { architecture: "Qwen3MoeForCausalLM", modelType: "qwen3_moe" },
  defaults: {
    huggingface: { kvHeads: 4, context: 32768, window: 4096, experts: 128, expertsUsed: 8, expertFeedForward: 768 },
  },
  experts: readExperts,
  layerKinds: uniform((model) => {
    if (model.settings.format === "gguf") return undefined;
    const window = readWindow(model);
    return model.settings.keys.flag("use_sliding_window") ? window : undefined;
  }),
  harmless: { huggingface: { max_window_layers: "any", decoder_sparse_step: [1], mlp_only_layers: [[]] } },
};

/** GGUF files always mean weights that are divided by their sum; config.json says it, and its default is not to. */
function readExperts({ settings }: Draft): Mixture {
  const [count, used, dense] = [settings.get("experts"), settings.get("expertsUsed"), settings.find("feedForward")];
  const normalized = settings.format === "gguf" || (settings.keys.flag("norm_topk_prob") ?? false);
  const width = settings.find("expertFeedForward") ?? (dense === undefined ? undefined : dense / used);
  return { experts: { count, used, normalized }, feedForward: width ?? settings.get("expertFeedForward") };
}

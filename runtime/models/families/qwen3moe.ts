import type { Mixture } from "./experts.js";
import type { Draft, Family } from "./family.js";
import { readWindow, uniform } from "./layer-kinds.js";
import { qwen3 } from "./qwen3.js";

/** Qwen3 with experts, in every layer or in some. */
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
  harmless: { huggingface: { max_window_layers: "any" } },
};

/** GGUF files always mean weights that are divided by their sum; config.json says it, and its default is not to. */
function readExperts(model: Draft): Mixture {
  const { settings } = model;
  const [count, used, dense] = [settings.get("experts"), settings.get("expertsUsed"), settings.find("feedForward")];
  const normalized = settings.format === "gguf" || (settings.keys.flag("norm_topk_prob") ?? false);
  const width = settings.find("expertFeedForward") ?? (dense === undefined ? undefined : dense / used);
  const layers = settings.format === "gguf" ? new Set<number>() : readDenseLayers(model);
  return {
    experts: {
      ...{ count, used, normalized },
      dense: layers.size > 0 ? { layers, feedForward: settings.get("feedForward") } : undefined,
    },
    feedForward: width ?? settings.get("expertFeedForward"),
  };
}

/** Layers without experts: those that config.json lists, and where only every so-manieth layer has some, the others. GGUF files have none. */
function readDenseLayers({ settings: { keys }, sizes }: Draft): ReadonlySet<number> {
  const listed = keys.numbers("mlp_only_layers") ?? [];
  const step = keys.count("decoder_sparse_step") ?? 1;
  if (step === 0) throw keys.error("metadata-value", "decoder_sparse_step", "must be at least 1");
  const wrong = listed.find((n) => !Number.isInteger(n) || n < 0 || n >= sizes.layers);
  if (wrong !== undefined)
    throw keys.error("metadata-value", "mlp_only_layers", `names layer ${wrong} of ${sizes.layers} layers`);
  const layers = Array.from({ length: sizes.layers }, (_, n) => n);
  const dense = layers.filter((n) => listed.includes(n) || (n + 1) % step !== 0);
  if (dense.length < sizes.layers) return new Set(dense);
  throw keys.error(
    "metadata-unsupported",
    "mlp_only_layers",
    "leaves no layer with experts",
    "Convert the model to Qwen3.",
  );
}

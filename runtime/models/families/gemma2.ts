import type { Constants, Draft, Family } from "./family.js";
import { readLayerTypes, readPattern, readWindow } from "./layer-kinds.js";

const layer = "model.layers.{n}";

/** Gemma 2 (arXiv 2408.00118): norms of 1 + w, also behind attention and feed-forward; caps on scores and logits; every other layer a window. */
export const gemma2: Family = {
  architecture: "gemma2",
  huggingFace: { architecture: "Gemma2ForCausalLM", modelType: "gemma2" },
  defaults: {
    gguf: { window: 4096, scoreCap: 50, logitCap: 30 },
    huggingface: {
      ...{ kvHeads: 4, headSize: 256, context: 8192, window: 4096, tied: true },
      ...{ scoreCap: 50, logitCap: 30, scoreWidth: 256 },
    },
  },
  activation: "gelu",
  activationKey: "hidden_activation",
  ggufPairs: "halves",
  norms: ["postAttentionNorm", "postFeedForwardNorm"],
  normPlus: 1,
  biases: {
    qkv: { key: "attention_bias", missing: false },
    out: { key: "attention_bias", missing: false },
  },
  constants: (model) => ({ ...gemmaScales(model, 46), scoreCap: model.settings.find("scoreCap") || undefined }),
  layerKinds: (model) => {
    const window = readWindow(model);
    return windowedLayers(model, 2).map((windowed) => ({ rope: 0, window: windowed ? window : undefined }));
  },
  names: {
    huggingface: {
      postAttentionNorm: `${layer}.post_attention_layernorm.weight`,
      feedForwardNorm: `${layer}.pre_feedforward_layernorm.weight`,
      postFeedForwardNorm: `${layer}.post_feedforward_layernorm.weight`,
    },
  },
  harmless: { huggingface: { hidden_act: "any", sliding_window_size: "any" } },
};

/**
 * What all Gemmas scale. Scores are scaled by a width of their own, which GGUF files do not tell: it is the head's, but for the largest model
 * of each generation, which is known by its number of layers.
 */
export function gemmaScales({ settings, sizes }: Draft, layersOfLargest: number): Omit<Constants, "scoreCap"> {
  const { hidden, heads, headSize, layers } = sizes;
  const width =
    settings.format === "gguf" ? (layers === layersOfLargest ? hidden / heads : headSize) : settings.get("scoreWidth");
  return {
    embeddingScale: Math.sqrt(hidden),
    scoreScale: 1 / Math.sqrt(width),
    logitCap: settings.find("logitCap") || undefined,
  };
}

/** For each layer whether it has a window: of `pattern` layers all but the last, unless the file says otherwise. */
export function windowedLayers(model: Draft, pattern: number): readonly boolean[] {
  if (model.settings.format === "gguf") return readPattern(model, "attention.sliding_window_pattern", pattern);
  const stated = ["_sliding_window_pattern", "sliding_window_pattern"].map((key) => readPattern(model, key, pattern));
  const listed = readLayerTypes(model);
  return listed ?? stated[model.settings.keys.states("sliding_window_pattern") ? 1 : 0] ?? [];
}

import type { LayerKind } from "../config.js";
import { llamaBiases } from "./biases.js";
import type { Draft, Family } from "./family.js";
import { readLayerTypes, readWindow } from "./layer-kinds.js";

/** SmolLM3: every fourth layer does not rotate (arXiv 2501.18795); GGUF files do not say which, it is always the fourth. */
export const smollm3: Family = {
  architecture: "smollm3",
  huggingFace: { architecture: "SmolLM3ForCausalLM", modelType: "smollm3" },
  defaults: { huggingface: { kvHeads: 4, ropeBase: 2e6, context: 32768, tied: true } },
  ggufPairs: "neighbours",
  biases: llamaBiases,
  layerKinds: readLayerKinds,
  harmless: { huggingface: { max_window_layers: "any" } },
};

function readLayerKinds(model: Draft): readonly LayerKind[] {
  const { settings, sizes } = model;
  const layers = Array.from({ length: sizes.layers }, (_, n) => n);
  if (settings.format === "gguf")
    return layers.map((n) => ({ rope: (n + 1) % 4 === 0 ? undefined : 0, window: undefined }));
  const { keys } = settings;
  const interval = keys.count("no_rope_layer_interval") ?? 4;
  const list = keys.numbers("no_rope_layers") ?? layers.map((n) => ((n + 1) % interval === 0 ? 0 : 1));
  if (list.length !== sizes.layers)
    throw keys.error("metadata-value", "no_rope_layers", `has ${list.length} entries for ${sizes.layers} layers`);
  // Where windows are on, they are in the layers that do not rotate, unless a list says otherwise.
  const stated = readWindow(model);
  const window = keys.flag("use_sliding_window") ? stated : undefined;
  const windowed = readLayerTypes(model) ?? list.map((turns) => turns === 0);
  return list.map((turns, n) => ({ rope: turns === 0 ? undefined : 0, window: windowed[n] ? window : undefined }));
}

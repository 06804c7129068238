/** Which layers see all tokens before them, and which only a window. */

import type { LayerKind } from "../config.js";
import type { Draft } from "./family.js";

/** The window that the metadata states; undefined for none, which GGUF files also write as 0. */
export const readWindow = ({ settings }: Draft): number | undefined => settings.find("window") || undefined;

/** Every layer like every other. */
export const uniform =
  (window: (model: Draft) => number | undefined = () => undefined) =>
  (model: Draft): readonly LayerKind[] =>
    Array<LayerKind>(model.sizes.layers).fill({ rope: 0, window: window(model) });

/** For each layer whether config.json's layer_types gives it a window; undefined where there is no such list. */
export function readLayerTypes({ settings: { keys }, sizes }: Draft): readonly boolean[] | undefined {
  const types = keys.texts("layer_types");
  if (!types) return undefined;
  if (types.length !== sizes.layers)
    throw keys.error("metadata-value", "layer_types", `has ${types.length} entries for ${sizes.layers} layers`);
  const unknown = types.find((type) => type !== "full_attention" && type !== "sliding_attention");
  if (unknown !== undefined)
    throw keys.error("metadata-unsupported", "layer_types", `has ${JSON.stringify(unknown)}, which is not supported`);
  return types.map((type) => type === "sliding_attention");
}

/** A pattern p of llama.cpp's: of p layers the last sees all, the others have a window; 1: none has, 0: all have. Or a list, one a layer. */
export function readPattern({ settings: { keys }, sizes }: Draft, key: string, missing: number): readonly boolean[] {
  const layers = Array.from({ length: sizes.layers }, (_, n) => n);
  if (Array.isArray(keys.get(key))) {
    const list = keys.flags(key) ?? [];
    if (list.length === sizes.layers) return list;
    throw keys.error("metadata-value", key, `has ${list.length} entries for ${sizes.layers} layers`);
  }
  const pattern = keys.count(key) ?? missing;
  return layers.map((n) => (pattern === 0 ? true : n % pattern < pattern - 1));
}

/** Qwen's: config.json turns windows on with use_sliding_window, for the layers from max_window_layers on; GGUF files have none. */
export function readQwenWindows(model: Draft): readonly LayerKind[] {
  const { settings, sizes } = model;
  if (settings.format === "gguf") return uniform()(model);
  const { keys } = settings;
  const types = readLayerTypes(model);
  const first = keys.count("max_window_layers") ?? 28;
  const stated = keys.states("sliding_window") ? readWindow(model) : 4096;
  const window = keys.flag("use_sliding_window") ? stated : undefined;
  return Array.from({ length: sizes.layers }, (_, n) => ({
    rope: 0,
    window: (types?.[n] ?? n >= first) ? window : undefined,
  }));
}

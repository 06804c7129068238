import type { RopeConfig } from "../config.js";
import type { Draft, Family } from "./family.js";
import { gemma2, gemmaScales, windowedLayers } from "./gemma2.js";
import { readWindow } from "./layer-kinds.js";
import { plainRope } from "./rope.js";
import { readGgufRope } from "./rope-gguf.js";
import { readFolderRope, ropeParameters } from "./rope-huggingface.js";

/** Gemma 3, text only (arXiv 2503.19786): norms on q and k instead of the scores' cap, five windowed layers to a global one, each kind with a rope. */
export const gemma3: Family = {
  ...gemma2,
  architecture: "gemma3",
  huggingFace: { architecture: "Gemma3ForCausalLM", modelType: "gemma3_text" },
  defaults: {
    huggingface: {
      ...{ kvHeads: 4, headSize: 256, context: 131072, window: 4096, tied: true },
      ...{ scoreWidth: 256, ropeBase: 1e6, ropeBaseOfWindows: 1e4 },
    },
  },
  norms: ["queryNorm", "keyNorm", "postAttentionNorm", "postFeedForwardNorm"],
  constants: (model) => gemmaScales(model, 62),
  ropes: readRopes,
  layerKinds: (model) => {
    const window = readWindow(model);
    return windowedLayers(model, 6).map((windowed) =>
      windowed && window !== undefined ? { rope: 1, window } : { rope: 0, window: undefined },
    );
  },
  harmless: {
    gguf: { "mm.tokens_per_image": "any" },
    // transformers reads the scores' cap and does not apply it.
    huggingface: { hidden_act: "any", attn_logit_softcapping: "any" },
  },
};

/** Of global layers, which alone are scaled, and of windowed ones. */
function readRopes(model: Draft): readonly RopeConfig[] {
  const { settings, sizes } = model;
  const windows = settings.get("ropeBaseOfWindows");
  if (settings.format === "gguf") {
    const global = readGgufRope(model);
    return [global, plainRope(windows, global.rotated)];
  }
  const parameters = ropeParameters(settings.keys);
  if (!parameters?.states("full_attention"))
    return [readFolderRope(model, { parameters }), plainRope(windows, sizes.headSize)];
  return [
    readFolderRope(model, { parameters: parameters.object("full_attention") }),
    readFolderRope(model, { parameters: parameters.object("sliding_attention"), base: windows }),
  ];
}

/** A loaded model as the one who answers. */

import type { Model } from "../../models/model.js";
import type { Answerer } from "./answerer.js";
import { type LayerWindows, recallOf } from "./recall.js";

/** What of a model is needed. */
export interface AnsweringModel extends Pick<Model, "generateFrom" | "close"> {
  /**
   * What the last chunk of the latest prompt could see: for each layer the ascending positions of its window. Undefined where there is no
   * window, in dense attention.
   */
  readonly inspectSelection?: () => Promise<LayerWindows | undefined>;
}

export function modelAnswerer(model: AnsweringModel): Answerer {
  return {
    async answer(prompt, { maxTokens, needle, signal, onPrefill }) {
      const generation = model.generateFrom(prompt, { maxTokens, temperature: 0, signal, onPrefill });
      const { text, timings } = await generation.result;
      const windows = await model.inspectSelection?.();
      return {
        text,
        recall: windows && windows.length > 0 ? recallOf(windows, needle) : undefined,
        firstTokenMs: Math.round(timings.firstTokenMs * 10) / 10,
        tokensPerSecond: Math.round(timings.tokensPerSecond * 10) / 10,
      };
    },
    close: () => model.close(),
  };
}

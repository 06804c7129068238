/** A loaded model as the one who answers. */

import type { Model } from "../../runtime/models/model.js";
import type { Answerer } from "./answerer.js";
import { recallOf } from "./recall.js";

/** What of a model is needed. */
export type AnsweringModel = Pick<Model, "generateFrom" | "inspectSelection" | "close">;

export function modelAnswerer(model: AnsweringModel): Answerer {
  return {
    async answer(prompt, { maxTokens, needle, number, signal, onPrefill }) {
      const generation = model.generateFrom(prompt, { maxTokens, temperature: 0, signal, onPrefill });
      const { text, stopReason, timings } = await generation.result;
      const windows = await model.inspectSelection();
      return {
        text,
        ...(stopReason === "maxTokens" && { cutOff: true }),
        recall: windows && recallOf(windows, needle, number),
        firstTokenMs: Math.round(timings.firstTokenMs * 10) / 10,
        tokensPerSecond: Math.round(timings.tokensPerSecond * 10) / 10,
      };
    },
    close: () => model.close(),
  };
}

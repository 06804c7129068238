import type { ExpertConfig } from "../config.js";
import type { Draft } from "./family.js";

/** A mixture of experts: what is known of them, and the width of one. */
export interface Mixture {
  readonly experts: ExpertConfig;
  readonly feedForward: number;
}

/** The experts that the metadata states, of which there must be some; each as wide as the feed-forward of a dense model would be. */
export const readMixture = ({ settings }: Draft): Mixture => ({
  experts: { count: settings.get("experts"), used: settings.get("expertsUsed"), normalized: true },
  feedForward: settings.get("feedForward"),
});

/** The same, or undefined where GGUF files of the architecture hold dense models as well and this is one. */
export const readOptionalMixture = (model: Draft): Mixture | undefined =>
  model.settings.format === "gguf" && (model.settings.find("experts") ?? 0) > 0 ? readMixture(model) : undefined;

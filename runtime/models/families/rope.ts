import type { RopeConfig } from "../config.js";
import type { Draft } from "./family.js";
import { readGgufRope } from "./rope-gguf.js";
import { readFolderRope } from "./rope-huggingface.js";

/** The rope that a model's metadata states, for families with one. */
export const readRope = (model: Draft): RopeConfig =>
  model.settings.format === "gguf" ? readGgufRope(model) : readFolderRope(model);

/** The same without any scaling. */
export const plainRope = (base: number, rotated: number): RopeConfig => ({
  base,
  rotated,
  scaling: { kind: "none" },
  attentionFactor: 1,
});

import { basename } from "node:path";
import type { ModelConfig } from "../../runtime/models/config.js";
import type { ModelFiles } from "../../runtime/models/load.js";
import { fileBytes } from "../../runtime/models/memory.js";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { loadModel } from "../generate/load-model.js";

/** What results say of the model that they are of: bytes tell apart two files of one name. */
export function subjectOf(
  path: string,
  { config, checkpoint }: { config: ModelConfig; checkpoint: ModelFiles["checkpoint"] },
) {
  return {
    name: config.name || basename(path),
    file: basename(path),
    bytes: fileBytes(checkpoint),
    layers: config.layers,
    trainedContext: config.context,
  };
}

/** Opens the model for a mode and a context, which may be longer than it was trained for. */
export const openerOf =
  (model: string, { device, bundle, signal }: Opening) =>
  (attention: AttentionRequest, context: number) =>
    loadModel({ model, device, bundle, context, attention, beyondTrained: true, signal });

interface Opening {
  readonly device?: "cpu" | "cuda";
  readonly bundle?: string;
  readonly signal: AbortSignal;
}

/** The modes that are compared where none is named. */
export const EVERY_MODE: readonly AttentionRequest[] = [
  { kind: "dense" },
  { kind: "streaming" },
  { kind: "reattention" },
];

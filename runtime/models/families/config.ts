/** Reads a model's configuration by what its family says. */

import type { Checkpoint } from "../../weights/index.js";
import type { ModelConfig } from "../config.js";
import type { Draft, Family } from "./family.js";
import { uniform } from "./layer-kinds.js";
import { modelName } from "./name.js";
import { readRope } from "./rope.js";
import type { Settings } from "./settings.js";
import { requireConsistent } from "./sizes.js";
import { readTokens } from "./tokens.js";

/** The configuration of the model in `checkpoint`, of sizes that are known. Throws ModelError for what cannot be. */
export function readConfig(family: Family, checkpoint: Checkpoint, draft: Draft, head: string): ModelConfig {
  const { settings, sizes, tensors } = draft;
  const mixture = family.experts?.(draft);
  const config: ModelConfig = {
    architecture: family.architecture,
    name: modelName(checkpoint),
    ...sizes,
    experts: mixture?.experts,
    feedForward: mixture?.feedForward ?? settings.get("feedForward"),
    activation: readActivation(family, draft),
    embeddingScale: 1,
    scoreScale: 1 / Math.sqrt(sizes.headSize),
    scoreCap: undefined,
    logitCap: undefined,
    ...family.constants?.(draft),
    ropes: family.ropes?.(draft) ?? [readRope(draft)],
    layerKinds: (family.layerKinds ?? uniform())(draft),
    tied: settings.format === "gguf" ? !tensors.has(head) : settings.get("tied"),
    ...readTokens(checkpoint, sizes.vocabulary),
  };
  requireConsistent(config, settings);
  requireWholeHeads(family, config, settings);
  return config;
}

/** Converters interleave whole heads: where only a part of one rotates, what the file means is not known. */
function requireWholeHeads({ ggufPairs }: Family, { ropes, headSize }: ModelConfig, { format, keys }: Settings): void {
  const whole = ropes.every(({ rotated }) => rotated === headSize);
  if (whole || format !== "gguf" || ggufPairs === "halves") return;
  throw keys.error("metadata-unsupported", "rope.dimension_count", `is less than the ${headSize} dimensions of a head`);
}

const activations = { silu: ["silu", "swish"], gelu: ["gelu_pytorch_tanh"] };

function readActivation({ activation = "silu", activationKey = "hidden_act" }: Family, { settings }: Draft) {
  const stated = settings.format === "gguf" ? undefined : settings.keys.text(activationKey);
  if (stated === undefined || activations[activation].includes(stated)) return activation;
  throw settings.keys.error("metadata-unsupported", activationKey, "is not the activation that this family has");
}

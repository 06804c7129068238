import type { Device } from "../device/device.js";
import { GenerateError } from "../generate/errors.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import type { Checkpoint } from "../weights/index.js";
import { tokensThatFit } from "./cache.js";
import type { ModelConfig } from "./config.js";
import { requireRoom } from "./memory.js";

export interface ContextRequest {
  readonly context: number | undefined;
  readonly attention: AttentionOptions;
  readonly config: ModelConfig;
  readonly beyondTrained: boolean;
}

/** Tokens that the cache shall be able to hold. @throws GenerateError for what cannot be, ModelError where not even the weights fit */
export function contextFor(
  { context, attention, config, beyondTrained }: ContextRequest,
  device: Device,
  checkpoint: Checkpoint,
): number {
  const fits = tokensThatFit(device, config, requireRoom(device, checkpoint));
  const dense = attention.kind === "dense";
  const wanted = context ?? (dense ? config.context : Math.min(device.traits.longestContext, fits));
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new GenerateError("context", `context is ${JSON.stringify(wanted)}; give a positive whole number of tokens`);
  if (dense && wanted > config.context && !beyondTrained)
    throw new GenerateError(
      "context",
      `context is ${wanted}, and the model was trained for ${config.context} tokens: dense attention over more gives gibberish; give at most ${config.context}, or attention "reattention"`,
    );
  if (wanted > fits && context !== undefined)
    throw new GenerateError(
      "context",
      `context is ${wanted}, and about ${fits} tokens fit into the memory that ${device.name} has free beside the weights${device.traits.reach}; give at most that`,
    );
  // A cache that is not asked for is as long as memory allows.
  return Math.max(1, Math.min(wanted, Math.max(fits, 1)));
}

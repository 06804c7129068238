import type { Device } from "../device/device.js";
import { GenerateError } from "../generate/errors.js";
import type { DeviceGroup } from "../parallel/group.js";
import type { AttentionOptions } from "../reattention/attention-options.js";
import type { Checkpoint } from "../weights/index.js";
import { cacheBytesPerToken, cacheShape, longestCache } from "./cache.js";
import type { ModelConfig } from "./config.js";
import { requireRoom } from "./memory.js";
import { mostPositions, rotaryBytesPerToken } from "./rotary.js";

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
  group?: DeviceGroup,
): number {
  const fits = longestTogether(group, device, config, attention, checkpoint);
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
  const most = dense ? mostPositions(config) : Number.POSITIVE_INFINITY;
  if (wanted > most && context !== undefined)
    throw new GenerateError(
      "context",
      `context is ${wanted}, and dense attention knows ${most} positions; give at most that`,
    );
  // A cache that is not asked for is as long as memory allows, with the angles of its positions.
  const room = dense
    ? Math.floor(fits * shareOfCache(cacheBytesPerToken(cacheShape(device, config, attention, fits)), config))
    : fits;
  return Math.max(1, Math.min(wanted, room, most));
}

/** The longest cache of a device, or of a group: GPUs have a share of it each, CPU devices one memory with the weights of all, and their keys twice. */
function longestTogether(
  group: DeviceGroup | undefined,
  device: Device,
  config: ModelConfig,
  attention: AttentionOptions,
  checkpoint: Checkpoint,
): number {
  const weights = requireRoom(device, checkpoint);
  const ranks = group?.devices.length ?? 1;
  if (!group || group.mapped) return ranks * longestCache(device, config, attention, weights);
  return Math.floor((2 / 3) * longestCache(device, config, attention, ranks * weights));
}

/** Of the memory that a position takes, the share of its keys and values. */
function shareOfCache(cache: number, config: ModelConfig): number {
  return cache / (cache + rotaryBytesPerToken(config));
}

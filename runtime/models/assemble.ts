import { Allocations } from "../device/allocations.js";
import type { Device, UploadOptions } from "../device/device.js";
import type { ModelKernels } from "../kernels/loaded.js";
import type { Checkpoint } from "../weights/index.js";
import type { AttentionLayer } from "./attention/attention.js";
import { cacheShape, reserveCache } from "./cache.js";
import { allocateChunkBuffers } from "./chunk-buffers.js";
import type { ModelConfig } from "./config.js";
import { attentionsOf, type LayersOptions, reachOf, rotatedPositions } from "./layers.js";
import { type Rotaries, uploadRotaries } from "./rotary.js";
import { Runner } from "./runner.js";
import { allocateDecodeState } from "./state.js";
import { WeightsUpload } from "./upload.js";
import type { Weights } from "./weights.js";
import type { WeightsPlan } from "./weights-plan.js";

export interface AssembleOptions extends LayersOptions {
  readonly checkpoint: Checkpoint;
  readonly config: ModelConfig;
  readonly plan: WeightsPlan;
  readonly upload?: UploadOptions;
}

/** Uploads a model's weights and reserves what a sequence needs; the cache takes memory as it fills. Frees all of it where that fails. */
export async function assembleRunner(
  device: Device,
  kernels: ModelKernels,
  { checkpoint, config, plan, upload, ...options }: AssembleOptions,
): Promise<Runner> {
  const memory = new Allocations(device);
  try {
    const weights = await new WeightsUpload({ device, memory, kernels }, checkpoint, config).run(plan, upload);
    const positions = rotatedPositions(config, options);
    const rotaries = await uploadRotaries(memory, config, positions);
    return runnerOf({ device, memory, kernels, config, weights }, options, rotaries);
  } catch (error) {
    memory.free();
    throw error;
  }
}

/** A model whose weights are on the device, ready to run. */
export function runnerOf(
  on: {
    readonly device: Device;
    readonly memory: Allocations;
    readonly kernels: ModelKernels;
    readonly config: ModelConfig;
    readonly weights: Weights;
  },
  options: LayersOptions,
  rotaries: Rotaries,
): Runner {
  const { device, memory, config, weights } = on;
  const { capacity } = options;
  const state = allocateDecodeState(device, memory, config, weights);
  const { attentions, windowed } = attentionsOf({ ...on, position: state.position }, options);
  const buffers = allocateChunkBuffers(device, memory, config, weights, reachOf(on, options).tokens);
  const shape = cacheShape(device, config, options.attention, capacity);
  const layers = reserveCache(memory, shape, capacity).map((cache, index): AttentionLayer => {
    const { rope } = config.layerKinds[index]!;
    return { index, cache, rotary: rope === undefined ? rotaries.none : rotaries.ropes[rope]! };
  });
  return new Runner({ host: { ...on, state, layers, attentions }, memory, buffers, windowed, capacity, shape });
}

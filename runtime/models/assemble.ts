import { Allocations } from "../device/allocations.js";
import type { Device, UploadOptions } from "../device/device.js";
import type { ModelKernels } from "../kernels/loaded.js";
import type { Checkpoint } from "../weights/index.js";
import { rowsFor } from "./batch.js";
import { cacheShape } from "./cache.js";
import { allocateChunkBuffers } from "./chunk-buffers.js";
import type { ModelConfig } from "./config.js";
import { Decoder } from "./decoder.js";
import { attentionsOf, type LayersOptions, reachOf, rotatedPositions } from "./layers.js";
import { type Rotaries, uploadRotaries } from "./rotary.js";
import { allocateStepScratch } from "./state.js";
import { WeightsUpload } from "./upload.js";
import type { Weights } from "./weights.js";
import type { WeightsPlan } from "./weights-plan.js";

export interface AssembleOptions extends LayersOptions {
  readonly checkpoint: Checkpoint;
  readonly config: ModelConfig;
  readonly plan: WeightsPlan;
  readonly upload?: UploadOptions;
}

/** Uploads a model's weights and reserves what its passes need. Frees all of it where that fails. */
export async function assembleDecoder(
  device: Device,
  kernels: ModelKernels,
  { checkpoint, config, plan, upload, ...options }: AssembleOptions,
): Promise<Decoder> {
  const memory = new Allocations(device);
  try {
    const weights = await new WeightsUpload({ device, memory, kernels }, checkpoint, config).run(plan, upload);
    const positions = rotatedPositions(config, options);
    const rotaries = await uploadRotaries(memory, config, positions);
    return decoderOf({ device, memory, kernels, config, weights }, options, rotaries);
  } catch (error) {
    memory.free();
    throw error;
  }
}

/** A model whose weights are on the device, ready to run. */
export function decoderOf(
  on: {
    readonly device: Device;
    readonly memory: Allocations;
    readonly kernels: ModelKernels;
    readonly config: ModelConfig;
    readonly weights: Weights;
  },
  options: LayersOptions,
  { ropes, none }: Rotaries,
): Decoder {
  const { device, memory, config, weights } = on;
  const { capacity, sequences = 1, share } = options;
  const { attentions, windowed } = attentionsOf(on, options);
  const shared = {
    ...{ ...on, attentions, windowed, capacity, share },
    scratch: allocateStepScratch(device, memory, config, weights),
    rotaries: config.layerKinds.map(({ rope }) => (rope === undefined ? none : ropes[rope]!)),
    buffers: allocateChunkBuffers(
      device,
      memory,
      config,
      weights,
      Math.max(reachOf(on, options).tokens, rowsFor(sequences)),
    ),
    // Dealt keys are passed over as they are.
    shape: cacheShape(device, config, options.attention, share ? 0 : capacity),
  };
  return new Decoder(shared, memory, sequences);
}

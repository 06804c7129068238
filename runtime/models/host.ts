import type { Allocator } from "../device/allocations.js";
import type { Device } from "../device/device.js";
import type { ModelKernels } from "../kernels/loaded.js";
import type { Attention, AttentionLayer } from "./attention/attention.js";
import type { ModelConfig } from "./config.js";
import type { DecodeState } from "./state.js";
import type { Weights } from "./weights.js";

/** A model as it lies on a device: everything that a pass reads and writes. */
export interface ModelHost {
  readonly device: Device;
  readonly memory: Allocator;
  readonly kernels: ModelKernels;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly state: DecodeState;
  /** One a layer. */
  readonly layers: readonly AttentionLayer[];
  readonly attentions: readonly Attention[];
}

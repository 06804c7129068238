import type { Allocator } from "../device/allocations.js";
import type { Device } from "../device/device.js";
import type { ModelKernels } from "../kernels/loaded.js";
import type { Share } from "../parallel/share.js";
import type { Rotary } from "../reattention/window-attention.js";
import type { Attention, AttentionLayer } from "./attention/attention.js";
import type { WindowedAttention } from "./attention/windowed.js";
import type { CacheShape } from "./cache.js";
import type { ChunkBuffers } from "./chunk-buffers.js";
import type { ModelConfig } from "./config.js";
import type { DecodeState, StepScratch } from "./state.js";
import type { Weights } from "./weights.js";

/** What every pass needs of a model on a device. */
export interface PassHost {
  readonly device: Device;
  readonly memory: Allocator;
  readonly kernels: ModelKernels;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly attentions: readonly Attention[];
}

/** A model as it lies on a device, with one of its sequences: everything that a pass reads and writes. */
export interface ModelHost extends PassHost {
  readonly state: DecodeState;
  /** One a layer. */
  readonly layers: readonly AttentionLayer[];
}

/** What the sequences of a model share. All work is on one stream in order, so they take turns with its scratch. */
export interface SharedHost extends PassHost {
  readonly scratch: StepScratch;
  /** One a layer. */
  readonly rotaries: readonly Rotary[];
  readonly buffers: ChunkBuffers;
  readonly windowed: WindowedAttention | undefined;
  /** Tokens that a sequence may have, and what its cache keeps of each. */
  readonly capacity: number;
  readonly shape: CacheShape;
  /** Where one sequence is dealt to several ranks: which of them this is, and how it reaches the others. */
  readonly share?: Share | undefined;
}

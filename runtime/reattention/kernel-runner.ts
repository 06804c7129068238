import type { Allocator } from "../device/allocations.js";
import type { Device } from "../device/device.js";
import { type Heads, headConstants } from "../kernels/attention/heads.js";
import type { ModelKernels } from "../kernels/loaded.js";
import { REATTENTION_TILES, type ReAttentionTiles } from "../kernels/reattention/tiles.js";

/** What retrieval and window attention run on. */
export interface KernelRunner {
  readonly device: Device;
  /** Of what they keep between launches; its owner frees it. */
  readonly memory: Pick<Allocator, "alloc">;
  readonly kernels: ModelKernels;
}

export type HalfType = "f16" | "bf16";

export const tilesFor = (device: Pick<Device, "traits">): ReAttentionTiles => REATTENTION_TILES[device.traits.tiles];

/** Rows of a product for a group of query heads. */
export const groupRows = (heads: Heads, device: Device): number =>
  Math.max(device.traits.matrixRows, headConstants(heads).GM);

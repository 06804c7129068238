import type { Allocator } from "../device/allocations.js";
import type { Arguments, Device, Grid } from "../device/device.js";
import { REATTENTION_CPU, REATTENTION_GPU, type ReAttentionTiles } from "../kernels/reattention-tiles.js";
import { powerOfTwo } from "../tiling.js";

/** Launches kernels by name on a device. */
export interface KernelRunner {
  readonly device: Device;
  /** Of what they keep between launches; its owner frees it. */
  readonly memory: Pick<Allocator, "alloc">;
  run(kernel: string, grid: Grid, args: Arguments): void;
}

/** A model's attention heads: query head h reads KV head h div (heads / kvHeads). */
export interface Heads {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

export type HalfType = "f16" | "bf16";

export const tilesFor = (device: Device): ReAttentionTiles =>
  device.kind === "cuda" ? REATTENTION_GPU : REATTENTION_CPU;

/** The constants that kernels take for heads, with the powers of two that hold them. */
export function headConstants({ heads, kvHeads, headSize }: Heads) {
  return {
    G: heads / kvHeads,
    GM: powerOfTwo(heads / kvHeads),
    D: headSize,
    DP: powerOfTwo(headSize),
    HALF: headSize / 2,
    // A product needs 16 columns.
    HALFP: Math.max(16, powerOfTwo(headSize / 2)),
    HP: powerOfTwo(heads),
    KVP: powerOfTwo(kvHeads),
  };
}

/** Rows of a product for a group of query heads: matrix units take at least 16, the CPU executor any power of two. */
export const groupRows = ({ heads, kvHeads }: Heads, device: Device): number =>
  Math.max(device.kind === "cuda" ? 16 : 1, powerOfTwo(heads / kvHeads));

import { TILES, type TileSet } from "../../runtime/kernels/tiles.js";
import type { HeadShape, Setting } from "./case.js";

const settingOf = (set: TileSet, dotRows: number, arch: number): Setting => ({
  ...{ tiles: TILES[set], set, dotRows },
  device: { arch, processors: 3, traits: { tiles: set } },
});

export const CPU_SETTING = settingOf("cpu", 1, 0);
/** A GPU whose warps multiply four together, and one where each does for itself. */
export const GPU_SETTING = settingOf("gpu", 16, 90);
export const WARP_SETTING = settingOf("gpu", 16, 80);

/**
 * Whether a source file has kernels of dense models. Those of ReAttention (test/runtime/reattention), of several devices (test/runtime/parallel) and of
 * experts (experts.test.ts) have tests of their own: what one of them computes makes sense only with what the ones before it leave.
 */
export const isDense = (path: string): boolean => !/(^|\/)(reattention|experts|parallel)\/[^/]*$/.test(path);

/**
 * Kernels of several sequences take their addresses: batch.ts runs them among others. What products in words take, other kernels make: words.test.ts.
 */
export const hasCases = (kernel: string): boolean => !kernel.startsWith("batch") && !kernel.includes("Words");

/** Every head size and every number of query heads for a KV head that models have, each once at least. */
export const SHAPES: readonly HeadShape[] = [
  { heads: 9, kvHeads: 3, D: 64 },
  { heads: 8, kvHeads: 2, D: 80 },
  { heads: 3, kvHeads: 3, D: 96 },
  { heads: 14, kvHeads: 2, D: 128 },
  { heads: 16, kvHeads: 1, D: 256 },
];

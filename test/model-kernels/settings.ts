import { TILES } from "../../runtime/kernels/tiles.js";
import type { HeadShape, Setting } from "./case.js";

export const CPU_SETTING: Setting = { tiles: TILES.cpu, set: "cpu", dotRows: 1 };
export const GPU_SETTING: Setting = { tiles: TILES.gpu, set: "gpu", dotRows: 16 };

/** Whether a source file has kernels of dense models; those of ReAttention have tests of their own. */
export const isDense = (path: string): boolean => !/(^|\/)reattention-[^/]*$/.test(path);

/** Every head size and every number of query heads for a KV head that models have, each once at least. */
export const SHAPES: readonly HeadShape[] = [
  { heads: 9, kvHeads: 3, D: 64 },
  { heads: 8, kvHeads: 2, D: 80 },
  { heads: 3, kvHeads: 3, D: 96 },
  { heads: 14, kvHeads: 2, D: 128 },
  { heads: 16, kvHeads: 1, D: 256 },
];

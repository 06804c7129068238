import { CPU_TILES, GPU_TILES } from "../../runtime/kernels/tiles.js";
import type { Setting } from "./case.js";

export const CPU_SETTING: Setting = { tiles: CPU_TILES, dotRows: 1 };
export const GPU_SETTING: Setting = { tiles: GPU_TILES, dotRows: 16 };

/** Whether a source file has kernels of dense models; those of ReAttention have tests of their own. */
export const isDense = (path: string): boolean => !/(^|\/)reattention-[^/]*$/.test(path);

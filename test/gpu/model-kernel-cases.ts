import { kernelCases } from "../model-kernels/cases.js";
import { GPU_SETTING, SHAPES } from "../model-kernels/settings.js";

/** Sizes at the edges of the GPU's tiles. */
export const gpuCases = kernelCases({ ...GPU_SETTING, shapes: SHAPES });

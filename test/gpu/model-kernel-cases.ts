import { TILES } from "../../runtime/kernels/tiles.js";
import { kernelCases } from "../model-kernels/cases.js";
import { SHAPES } from "../model-kernels/settings.js";

/** Sizes at the edges of the GPU's tiles. */
export const gpuCases = kernelCases({ tiles: TILES.gpu, set: "gpu", shapes: SHAPES });

import { normal, tuning, zeroed } from "tilescript/runtime";
import * as kernels from "./layer-norm.kernel.js";

/** How `tilescript tune examples/layer-norm.kernel.ts#layerNorm` launches it: BLOCK holds a row, and builds differ in their warps. */
export const layerNorm = tuning(kernels.layerNorm, {
  shapes: [
    { rows: 8192, columns: 1024, T: "bf16" },
    { rows: 8192, columns: 1024, T: "f32" },
  ],
  launch: ({ rows, columns, T }) => ({
    grid: [rows],
    args: {
      x: normal(T, rows * columns),
      scale: normal("f32", columns),
      shift: normal("f32", columns),
      out: zeroed(T, rows * columns),
      mean: zeroed("f32", rows),
      inverse: zeroed("f32", rows),
      ...{ columns, epsilon: 1e-5, BLOCK: 1024, T },
    },
  }),
});

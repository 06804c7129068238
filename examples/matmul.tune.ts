import { cdiv, normal, tuning, zeroed } from "tilescript/runtime";
import * as kernels from "./matmul.kernel.js";

/** How `tilescript tune examples/matmul.kernel.ts#matmul` launches it. */
export const matmul = tuning(kernels.matmul, {
  shapes: [
    { M: 4096, N: 4096, K: 4096 },
    { M: 16, N: 4096, K: 4096 },
  ],
  launch: ({ M, N, K }, { BM, BN }) => ({
    grid: [cdiv(M, BM), cdiv(N, BN)],
    args: { a: normal("bf16", M * K), b: normal("bf16", K * N), c: zeroed("f32", M * N), M, N, K },
  }),
});

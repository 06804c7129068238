import type { HalfType, Heads } from "../../runtime/reattention/kernel-runner.js";

/** Heads of model families beyond those that the product is built for, for the kernels' GPU tests. */
export const RETRIEVAL_SHAPES: readonly (Heads & { readonly dtype: HalfType })[] = [
  { heads: 4, kvHeads: 4, headSize: 64, dtype: "f16" },
  { heads: 4, kvHeads: 2, headSize: 80, dtype: "bf16" },
  { heads: 6, kvHeads: 2, headSize: 96, dtype: "f16" },
  { heads: 7, kvHeads: 1, headSize: 128, dtype: "bf16" },
  { heads: 4, kvHeads: 2, headSize: 256, dtype: "bf16" },
];

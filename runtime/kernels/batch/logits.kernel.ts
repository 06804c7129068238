import {
  arange,
  type Const,
  col,
  type F32,
  type Int,
  kernel,
  type Ptr,
  programId,
  row,
  store,
  to,
  where,
} from "tilescript";
import { biased, capped } from "../epilogue.js";
import { quantizedProduct } from "../linear/quantized-product.js";

/**
 * Logits of several tokens, f32 [M, N] = A [M, K] · W [N, K]ᵀ, as `matmulQuantized` multiplies, for normed A in bf16: capped, and −∞ from row `tokens` of
 * W on, which only fill it up. Program (block of rows of A, block of rows of W).
 */
export const batchLogits = kernel(
  (p: {
    a: Ptr<"bf16">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    logits: Ptr<"f32">;
    cap: F32;
    M: Int;
    N: Int;
    tokens: Int;
    blockCount: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
    BIAS: Const<"BIAS", boolean>;
    CAP: Const<"CAP", boolean>;
  }) => {
    const rows = programId(0) * p.BM + arange(0, p.BM);
    const columns = programId(1) * p.BN + arange(0, p.BN);
    const token = row(columns);
    const acc = capped(biased(quantizedProduct(p, rows, columns), p.bias, token, token < p.N, p.BIAS), p.cap, p.CAP);
    const cell = col(to(rows, "i64")) * p.N + token;
    store(p.logits + cell, where(token < p.tokens, acc, -Infinity), { mask: col(rows) < p.M && token < p.N });
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["pointers"] } },
);

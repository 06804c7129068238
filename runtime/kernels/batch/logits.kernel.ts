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
  type Tile,
  to,
  where,
} from "tilescript";
import { biased, capped } from "../epilogue.js";
import { type Operands, product, type Sizes } from "../linear/matmul.kernel.js";
import { quantizedProduct } from "../linear/quantized-product.js";

/** Logits of the tokens in a tile: capped, and −∞ from `tokens` on, which only fill W up. */
function put(p: Output, acc: Tile, rows: Tile, token: Tile) {
  const logits = where(token < p.tokens, capped(acc, p.cap, p.CAP), -Infinity);
  store(p.logits + col(to(rows, "i64")) * p.N + token, logits, { mask: col(rows) < p.M && token < p.N });
}

interface Output {
  logits: Ptr<"f32">;
  cap: number;
  M: number;
  N: number;
  tokens: number;
  CAP: boolean;
}

/**
 * Logits of several tokens, f32 [M, N] = A [M, K] · W [N, K]ᵀ, as `matmulQuantized` multiplies, for normed A in bf16. Program (block of rows of A, block of rows of W).
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
    put(p, biased(quantizedProduct(p, rows, columns), p.bias, token, token < p.N, p.BIAS), rows, token);
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["pointers"] } },
);

/** The same as `matmul` multiplies, for B = W [N, K] in bf16. */
export const batchLogitsRows = kernel(
  (p: Operands & { logits: Ptr<"f32">; cap: F32 } & Sizes & { tokens: Int; CAP: Const<"CAP", boolean> }) => {
    const [m, n] = [programId(0) * p.BM, programId(1) * p.BN];
    put(p, product(p, m, n), m + arange(0, p.BM), row(n + arange(0, p.BN)));
  },
  { defaults: { warps: 4, stages: 5, alignment: "required", divisible: ["a", "b", "bias", "logits", "K"] } },
);

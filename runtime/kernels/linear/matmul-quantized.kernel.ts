import { arange, type Const, col, type Int, kernel, load, type Ptr, programId, row, store, to } from "tilescript";
import { biased, gated } from "../epilogue.js";
import { quantizedProduct } from "./quantized-product.js";

/**
 * C [M, N] = A [M, K] · W [N, K]ᵀ with A in bf16 and W in raw GGUF blocks dequantised here, sums in f32: for few rows of A, where
 * reading W once matters more than the rate of the product. EPILOGUE "store" writes C in bf16, "add" adds it to the f32 `residual`; both take
 * the bias along.
 * Program (block of rows of A, block of rows of W).
 */
export const matmulQuantized = kernel(
  (p: {
    a: Ptr<"bf16">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    c: Ptr<"bf16">;
    residual: Ptr<"f32">;
    M: Int;
    N: Int;
    blockCount: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
    EPILOGUE: Const<"EPILOGUE", string>;
    BIAS: Const<"BIAS", boolean>;
  }) => {
    const rows = programId(0) * p.BM + arange(0, p.BM);
    const columns = programId(1) * p.BN + arange(0, p.BN);
    let acc = quantizedProduct(p, rows, columns);
    acc = biased(acc, p.bias, row(columns), row(columns) < p.N, p.BIAS);
    const cell = col(rows) * p.N + row(columns);
    const mask = col(rows) < p.M && row(columns) < p.N;
    if (p.EPILOGUE === "store") {
      store(p.c + cell, to(acc, "bf16"), { mask });
    } else {
      store(p.residual + cell, load(p.residual + cell, { mask, other: 0 }) + acc, { mask });
    }
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["pointers", "N"] } },
);

/** out [rows, F] = act(gate) · up for gateUp [rows, 2F] in bf16. Program (row, block of F). */
export const gateUp = kernel(
  (p: { product: Ptr<"bf16">; out: Ptr<"bf16">; F: Int; BLOCK: Const<"BLOCK">; ACT: Const<"ACT", string> }) => {
    const column = programId(1) * p.BLOCK + arange(0, p.BLOCK);
    const mask = column < p.F;
    const at = p.product + programId(0) * 2 * p.F + column;
    const gate = to(load(at, { mask, other: 0 }), "f32");
    const up = to(load(at + p.F, { mask, other: 0 }), "f32");
    store(p.out + programId(0) * p.F + column, to(gated(gate, up, p.ACT), "bf16"), { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required" } },
);

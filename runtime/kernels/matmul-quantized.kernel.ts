import {
  arange,
  type Const,
  col,
  dot,
  floorDiv,
  type Int,
  kernel,
  load,
  mod,
  type Ptr,
  programId,
  range,
  reshape,
  row,
  store,
  to,
  trans,
  zeros,
} from "tilescript";
import { biased, gated } from "./epilogue.js";
import { dequantize } from "./weights.js";

/**
 * C [M, N] = A [M, K] · W [N, K]ᵀ with A in bf16 and W in raw GGUF blocks dequantised here, sums in f32: for few rows of A, where
 * reading W once matters more than the rate of the product. EPILOGUE "store" writes C in bf16, "add" adds it to the f32 `residual`; both take
 * the bias along.
 * Program (block of rows of A, block of rows of W).
 */
export const matmulQuantized = kernel(
  ({
    a,
    bytes,
    signed,
    halves,
    bf16,
    bias,
    c,
    residual,
    M,
    N,
    blockCount,
    BM,
    BN,
    B,
    FORMAT,
    EPILOGUE,
    BIAS,
  }: {
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
    const rows = programId(0) * BM + arange(0, BM);
    const columns = programId(1) * BN + arange(0, BN);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    // Column of A under element i of the flattened low halves: halves of 16 lie 32 apart.
    const flat = arange(0, B * 16);
    const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
    let acc = zeros([BM, BN], "f32");
    for (const start of range(0, blockCount, B)) {
      const [low, high] = dequantize(bytes, signed, halves, bf16, columns, start + blocks, lane, N, blockCount, FORMAT);
      const at = start * 32 + k;
      const mask = col(rows) < M && row(at) < blockCount * 32;
      const source = a + col(rows) * blockCount * 32 + row(at);
      const aLow = load(source, { mask, other: 0 });
      const aHigh = load(source + 16, { mask, other: 0 });
      acc = dot(aLow, trans(reshape(to(low, "bf16"), [BN, B * 16])), { acc });
      acc = dot(aHigh, trans(reshape(to(high, "bf16"), [BN, B * 16])), { acc });
    }
    acc = biased(acc, bias, row(columns), row(columns) < N, BIAS);
    const cell = col(rows) * N + row(columns);
    const mask = col(rows) < M && row(columns) < N;
    if (EPILOGUE === "store") {
      store(c + cell, to(acc, "bf16"), { mask });
    } else {
      store(residual + cell, load(residual + cell, { mask, other: 0 }) + acc, { mask });
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 3,
      alignment: "required",
      divisible: ["a", "bytes", "signed", "halves", "bf16", "bias", "c", "residual", "N"],
    },
  },
);

/** out [rows, F] = act(gate) · up for gateUp [rows, 2F] in bf16. Program (row, block of F). */
export const gateUp = kernel(
  ({
    product,
    out,
    F,
    BLOCK,
    ACT,
  }: {
    product: Ptr<"bf16">;
    out: Ptr<"bf16">;
    F: Int;
    BLOCK: Const<"BLOCK">;
    ACT: Const<"ACT", string>;
  }) => {
    const column = programId(1) * BLOCK + arange(0, BLOCK);
    const mask = column < F;
    const at = product + programId(0) * 2 * F + column;
    const gate = to(load(at, { mask, other: 0 }), "f32");
    const up = to(load(at + F, { mask, other: 0 }), "f32");
    store(out + programId(0) * F + column, to(gated(gate, up, ACT), "bf16"), { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required" } },
);

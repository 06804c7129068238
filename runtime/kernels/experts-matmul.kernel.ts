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
import { gated } from "./epilogue.js";
import { dequantize } from "./weights.js";

/*
 * The experts' products for a chunk of a prompt, whose pairs (token, slot) are in the order of experts-sort.kernel.ts. A program takes a tile of
 * BM places of one expert; weights in raw GGUF blocks are dequantised here, sums are f32.
 */

/**
 * out [pairs in order, outRows] in bf16 = act(A · gateᵀ) · (A · upᵀ), where a pair's row of A [tokens, K] is its token's; weights are [gate; up] of
 * expert 0, then of expert 1 …, each of the two `outRows` rows. Program (tile of pairs, block of BN rows).
 */
export const expertsGateUp = kernel(
  ({
    a,
    bytes,
    signed,
    halves,
    bf16,
    order,
    starts,
    tileExpert,
    tileFirst,
    out,
    used,
    outRows,
    blockCount,
    BM,
    BN,
    B,
    FORMAT,
    ACT,
  }: {
    a: Ptr<"bf16">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    order: Ptr<"i32">;
    starts: Ptr<"i32">;
    tileExpert: Ptr<"i32">;
    tileFirst: Ptr<"i32">;
    out: Ptr<"bf16">;
    used: Int;
    outRows: Int;
    blockCount: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
    ACT: Const<"ACT", string>;
  }) => {
    const expert = load(tileExpert + programId(0));
    if (expert >= 0) {
      const places = load(tileFirst + programId(0)) + arange(0, BM);
      const mine = places < load(starts + expert + 1);
      const tokens = floorDiv(load(order + places, { mask: mine, other: 0 }), used);
      const columns = programId(1) * BN + arange(0, BN);
      const blocks = arange(0, B);
      const lane = arange(0, 16);
      // Column of A under element i of the flattened low halves: halves of 16 lie 32 apart.
      const flat = arange(0, B * 16);
      const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
      const gateEnd = (2 * expert + 1) * outRows;
      const upEnd = gateEnd + outRows;
      const gateRows = gateEnd - outRows + columns;
      const upRows = gateEnd + columns;
      let gate = zeros([BM, BN], "f32");
      let up = zeros([BM, BN], "f32");
      for (const start of range(0, blockCount, B)) {
        const at = start * 32 + k;
        const mask = col(mine) && row(at) < blockCount * 32;
        const source = a + to(col(tokens), "i64") * blockCount * 32 + row(at);
        const aLow = load(source, { mask, other: 0 });
        const aHigh = load(source + 16, { mask, other: 0 });
        const now = start + blocks;
        const [g1, g2] = dequantize(bytes, signed, halves, bf16, gateRows, now, lane, gateEnd, blockCount, FORMAT);
        gate = dot(aLow, trans(reshape(to(g1, "bf16"), [BN, B * 16])), { acc: gate });
        gate = dot(aHigh, trans(reshape(to(g2, "bf16"), [BN, B * 16])), { acc: gate });
        const [u1, u2] = dequantize(bytes, signed, halves, bf16, upRows, now, lane, upEnd, blockCount, FORMAT);
        up = dot(aLow, trans(reshape(to(u1, "bf16"), [BN, B * 16])), { acc: up });
        up = dot(aHigh, trans(reshape(to(u2, "bf16"), [BN, B * 16])), { acc: up });
      }
      const mask = col(mine) && row(columns) < outRows;
      const cell = out + to(col(places), "i64") * outRows + row(columns);
      store(cell, to(gated(gate, up, ACT), "bf16"), { mask });
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 3,
      alignment: "required",
      divisible: [
        "a",
        "bytes",
        "signed",
        "halves",
        "bf16",
        "order",
        "starts",
        "tileExpert",
        "tileFirst",
        "out",
        "outRows",
      ],
    },
  },
);

/**
 * product [pairs, rowCount] in bf16 = A · Wᵀ for A [pairs in order, K] and W [experts · rowCount, K]; each pair's row is where its token and slot
 * say. Program (tile of pairs, block of BN rows).
 */
export const expertsDown = kernel(
  ({
    a,
    bytes,
    signed,
    halves,
    bf16,
    order,
    starts,
    tileExpert,
    tileFirst,
    product,
    rowCount,
    blockCount,
    BM,
    BN,
    B,
    FORMAT,
  }: {
    a: Ptr<"bf16">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    order: Ptr<"i32">;
    starts: Ptr<"i32">;
    tileExpert: Ptr<"i32">;
    tileFirst: Ptr<"i32">;
    product: Ptr<"bf16">;
    rowCount: Int;
    blockCount: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    B: Const<"B">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const expert = load(tileExpert + programId(0));
    if (expert >= 0) {
      const places = load(tileFirst + programId(0)) + arange(0, BM);
      const mine = places < load(starts + expert + 1);
      const columns = programId(1) * BN + arange(0, BN);
      const blocks = arange(0, B);
      const lane = arange(0, 16);
      const flat = arange(0, B * 16);
      const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
      const base = expert * rowCount;
      const rows = base + columns;
      const end = base + rowCount;
      let acc = zeros([BM, BN], "f32");
      for (const start of range(0, blockCount, B)) {
        const at = start * 32 + k;
        const mask = col(mine) && row(at) < blockCount * 32;
        const source = a + to(col(places), "i64") * blockCount * 32 + row(at);
        const aLow = load(source, { mask, other: 0 });
        const aHigh = load(source + 16, { mask, other: 0 });
        const now = start + blocks;
        const [low, high] = dequantize(bytes, signed, halves, bf16, rows, now, lane, end, blockCount, FORMAT);
        acc = dot(aLow, trans(reshape(to(low, "bf16"), [BN, B * 16])), { acc });
        acc = dot(aHigh, trans(reshape(to(high, "bf16"), [BN, B * 16])), { acc });
      }
      const pairs = load(order + places, { mask: mine, other: 0 });
      const mask = col(mine) && row(columns) < rowCount;
      store(product + to(col(pairs), "i64") * rowCount + row(columns), to(acc, "bf16"), { mask });
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 3,
      alignment: "required",
      divisible: [
        "a",
        "bytes",
        "signed",
        "halves",
        "bf16",
        "order",
        "starts",
        "tileExpert",
        "tileFirst",
        "product",
        "rowCount",
      ],
    },
  },
);

/** residual [tokens, padded] += Σ over slots of weight · product [tokens, used, padded], slot by slot. Program (token, block of columns). */
export const sumExperts = kernel(
  ({
    product,
    weights,
    residual,
    used,
    padded,
    BLOCK,
  }: {
    product: Ptr<"bf16">;
    weights: Ptr<"f32">;
    residual: Ptr<"f32">;
    used: Int;
    padded: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const token = programId(0);
    const column = programId(1) * BLOCK + arange(0, BLOCK);
    const mask = column < padded;
    let y = zeros([BLOCK], "f32");
    for (const slot of range(0, used)) {
      const pair = token * used + slot;
      const part = load(product + to(pair, "i64") * padded + column, { mask, other: 0 });
      y += load(weights + pair) * to(part, "f32");
    }
    const at = residual + token * padded + column;
    store(at, load(at, { mask, other: 0 }) + y, { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["product", "weights", "residual", "padded"] } },
);

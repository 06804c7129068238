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
  type Tile,
  to,
  trans,
  zeros,
} from "tilescript";
import { gated } from "../epilogue.js";
import type { Buffers } from "../formats/numbers.js";
import { dequantize } from "../linear/weights.js";

/*
 * The experts' products for a chunk of a prompt, whose pairs (token, slot) are in the order of sort.kernel.ts. A program takes a tile of
 * BM places of one expert; weights in raw GGUF blocks are dequantised here, sums are f32.
 */

/** As sort.kernel.ts gives it. */
interface Order {
  order: Ptr<"i32">;
  starts: Ptr<"i32">;
  tileExpert: Ptr<"i32">;
  tileFirst: Ptr<"i32">;
}

interface Tiles {
  blockCount: Int;
  BM: Const<"BM">;
  BN: Const<"BN">;
  B: Const<"B">;
  FORMAT: Const<"FORMAT", string>;
}

/** acc + A · Wᵀ, of both in their halves: A [BM, B · 16] in bf16 and W [BN, B, 16] in f32. */
function withHalves(p: Tiles, [aLow, aHigh]: [Tile, Tile], [low, high]: [Tile, Tile], acc: Tile): Tile {
  const some = dot(aLow, trans(reshape(to(low, "bf16"), [p.BN, p.B * 16])), { acc });
  return dot(aHigh, trans(reshape(to(high, "bf16"), [p.BN, p.B * 16])), { acc: some });
}

/**
 * out [pairs in order, outRows] in bf16 = act(A · gateᵀ) · (A · upᵀ), where a pair's row of A [tokens, K] is its token's; weights are [gate; up] of
 * expert 0, then of expert 1 …, each of the two `outRows` rows. Program (tile of pairs, block of BN rows).
 */
export const expertsGateUp = kernel(
  (
    p: { a: Ptr<"bf16"> } & Buffers &
      Order & { out: Ptr<"bf16">; used: Int; outRows: Int } & Tiles & { ACT: Const<"ACT", string> },
  ) => {
    const expert = load(p.tileExpert + programId(0));
    if (expert >= 0) {
      const places = load(p.tileFirst + programId(0)) + arange(0, p.BM);
      const mine = places < load(p.starts + expert + 1);
      const tokens = floorDiv(load(p.order + places, { mask: mine, other: 0 }), p.used);
      const columns = programId(1) * p.BN + arange(0, p.BN);
      const blocks = arange(0, p.B);
      const lane = arange(0, 16);
      // Column of A under element i of the flattened low halves: halves of 16 lie 32 apart.
      const flat = arange(0, p.B * 16);
      const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
      const gateEnd = (2 * expert + 1) * p.outRows;
      const upEnd = gateEnd + p.outRows;
      const gateRows = gateEnd - p.outRows + columns;
      const upRows = gateEnd + columns;
      let gate = zeros([p.BM, p.BN], "f32");
      let up = zeros([p.BM, p.BN], "f32");
      for (const start of range(0, p.blockCount, p.B)) {
        const at = start * 32 + k;
        const mask = col(mine) && row(at) < p.blockCount * 32;
        const source = p.a + to(col(tokens), "i64") * p.blockCount * 32 + row(at);
        const aLow = load(source, { mask, other: 0 });
        const aHigh = load(source + 16, { mask, other: 0 });
        const now = start + blocks;
        const [g1, g2] = dequantize(p, gateRows, now, lane, gateEnd);
        gate = withHalves(p, [aLow, aHigh], [g1, g2], gate);
        const [u1, u2] = dequantize(p, upRows, now, lane, upEnd);
        up = withHalves(p, [aLow, aHigh], [u1, u2], up);
      }
      const mask = col(mine) && row(columns) < p.outRows;
      const cell = p.out + to(col(places), "i64") * p.outRows + row(columns);
      store(cell, to(gated(gate, up, p.ACT), "bf16"), { mask });
    }
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["pointers", "outRows"] } },
);

/**
 * product [pairs, rowCount] in bf16 = A · Wᵀ for A [pairs in order, K] and W [experts · rowCount, K]; each pair's row is where its token and slot
 * say. Program (tile of pairs, block of BN rows).
 */
export const expertsDown = kernel(
  (p: { a: Ptr<"bf16"> } & Buffers & Order & { product: Ptr<"bf16">; rowCount: Int } & Tiles) => {
    const expert = load(p.tileExpert + programId(0));
    if (expert >= 0) {
      const places = load(p.tileFirst + programId(0)) + arange(0, p.BM);
      const mine = places < load(p.starts + expert + 1);
      const columns = programId(1) * p.BN + arange(0, p.BN);
      const blocks = arange(0, p.B);
      const lane = arange(0, 16);
      const flat = arange(0, p.B * 16);
      const k = floorDiv(flat, 16) * 32 + mod(flat, 16);
      const base = expert * p.rowCount;
      const rows = base + columns;
      const end = base + p.rowCount;
      let acc = zeros([p.BM, p.BN], "f32");
      for (const start of range(0, p.blockCount, p.B)) {
        const at = start * 32 + k;
        const mask = col(mine) && row(at) < p.blockCount * 32;
        const source = p.a + to(col(places), "i64") * p.blockCount * 32 + row(at);
        const aLow = load(source, { mask, other: 0 });
        const aHigh = load(source + 16, { mask, other: 0 });
        const now = start + blocks;
        const [low, high] = dequantize(p, rows, now, lane, end);
        acc = withHalves(p, [aLow, aHigh], [low, high], acc);
      }
      const pairs = load(p.order + places, { mask: mine, other: 0 });
      const mask = col(mine) && row(columns) < p.rowCount;
      store(p.product + to(col(pairs), "i64") * p.rowCount + row(columns), to(acc, "bf16"), { mask });
    }
  },
  { defaults: { warps: 4, stages: 3, alignment: "required", divisible: ["pointers", "rowCount"] } },
);

/** residual [tokens, padded] += Σ over slots of weight · product [tokens, used, padded], slot by slot. Program (token, block of columns). */
export const sumExperts = kernel(
  (p: {
    product: Ptr<"bf16">;
    weights: Ptr<"f32">;
    residual: Ptr<"f32">;
    used: Int;
    padded: Int;
    BLOCK: Const<"BLOCK">;
  }) => {
    const token = programId(0);
    const column = programId(1) * p.BLOCK + arange(0, p.BLOCK);
    const mask = column < p.padded;
    let y = zeros([p.BLOCK], "f32");
    for (const slot of range(0, p.used)) {
      const pair = token * p.used + slot;
      const part = load(p.product + to(pair, "i64") * p.padded + column, { mask, other: 0 });
      y += load(p.weights + pair) * to(part, "f32");
    }
    const at = p.residual + token * p.padded + column;
    store(at, load(at, { mask, other: 0 }) + y, { mask });
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers", "padded"] } },
);

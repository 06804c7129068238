import {
  arange,
  type Const,
  cdiv,
  type F32,
  full,
  type Int,
  kernel,
  load,
  max,
  min,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  store,
  to,
  where,
  zeros,
} from "tilescript";
import { biased, capped, gated } from "../epilogue.js";
import { blockProduct, fetched, integersOf, normedIntegers } from "../formats/integers.js";
import { inverseRms } from "./norm.js";

/*
 * The matrix-vector products of decode-project.kernel.ts in whole numbers (formats/integers.ts), for the CPU executor. A program computes R
 * rows, one block of 32 columns of all of them after another, so that a block of the vector is prepared once for R rows. The matrix has at least
 * R rows; the last program begins R before the end, and stores what no other does.
 */

/** q, k and v of one token: see decodeQkv. */
export const decodeQkvIntegers = kernel(
  (p: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    q: Ptr<"f32">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    position: Ptr<"i32">;
    epsilon: F32;
    width: Int;
    qRows: Int;
    kvRows: Int;
    firstRow: Int;
    rowCount: Int;
    BLOCKS: Const<"BLOCKS">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    BIAS: Const<"BIAS", boolean>;
    APART: Const<"APART", boolean>;
  }) => {
    const r = arange(0, p.R);
    const lane = arange(0, 16);
    const first = minimum(programId(0) * p.R, p.rowCount - p.R);
    const inverse = inverseRms(p.x, p.BLOCKS * 32, p.width, p.KP, p.epsilon);
    let sums = fetched(p, first, r, p.R);
    for (const block of range(0, p.BLOCKS))
      sums += blockProduct(p, first, r, block, lane, normedIntegers(p.x, p.norm, block, lane, inverse));
    const rows = first + r;
    const mask = rows >= programId(0) * p.R;
    const y = biased(sums, p.bias, rows, mask, p.BIAS);
    const cell = to(load(p.position), "i64") * p.kvRows;
    const query = p.firstRow + rows;
    const key = query - p.qRows;
    const value = key - p.kvRows;
    if (p.APART) {
      store(p.q + query, y, { mask: mask && key < p.kvRows });
    } else {
      store(p.q + query, y, { mask: mask && key < 0 });
      store(p.keys + cell + key, to(y, "bf16"), { mask: mask && key >= 0 && key < p.kvRows });
    }
    store(p.values + cell + value, to(y, "bf16"), { mask: mask && value >= 0 });
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** The feed-forward's first half: see decodeGateUp. */
export const decodeGateUpIntegers = kernel(
  (p: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    out: Ptr<"f32">;
    epsilon: F32;
    width: Int;
    outRows: Int;
    BLOCKS: Const<"BLOCKS">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    BIAS: Const<"BIAS", boolean>;
    ACT: Const<"ACT", string>;
  }) => {
    const r = arange(0, p.R);
    const lane = arange(0, 16);
    const first = minimum(programId(0) * p.R, p.outRows - p.R);
    const inverse = inverseRms(p.x, p.BLOCKS * 32, p.width, p.KP, p.epsilon);
    let gates = fetched(p, first, r, p.R);
    let ups = fetched(p, first + p.outRows, r, p.R);
    for (const block of range(0, p.BLOCKS)) {
      const x = normedIntegers(p.x, p.norm, block, lane, inverse);
      gates += blockProduct(p, first, r, block, lane, x);
      ups += blockProduct(p, first + p.outRows, r, block, lane, x);
    }
    const rows = first + r;
    const mask = rows >= programId(0) * p.R;
    const gate = biased(gates, p.bias, rows, mask, p.BIAS);
    const up = biased(ups, p.bias, rows + p.outRows, mask, p.BIAS);
    store(p.out + rows, gated(gate, up, p.ACT), { mask });
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** out [rows] += W · x, or = without ADD: see decodeAdd. */
export const decodeAddIntegers = kernel(
  (p: {
    x: Ptr<"f32">;
    out: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    rowCount: Int;
    BLOCKS: Const<"BLOCKS">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    BIAS: Const<"BIAS", boolean>;
    ADD: Const<"ADD", boolean>;
  }) => {
    const r = arange(0, p.R);
    const lane = arange(0, 16);
    const first = minimum(programId(0) * p.R, p.rowCount - p.R);
    let sums = fetched(p, first, r, p.R);
    for (const block of range(0, p.BLOCKS)) {
      const at = p.x + block * 32 + lane;
      sums += blockProduct(p, first, r, block, lane, integersOf(load(at), load(at + 16)));
    }
    const rows = first + r;
    const mask = rows >= programId(0) * p.R;
    const y = biased(sums, p.bias, rows, mask, p.BIAS);
    if (p.ADD) store(p.out + rows, load(p.out + rows, { mask, other: 0 }) + y, { mask });
    else store(p.out + rows, y, { mask });
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** Logits of one token, and each program's best: see decodeLogits. */
export const decodeLogitsIntegers = kernel(
  (p: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    logits: Ptr<"f32">;
    bestLogit: Ptr<"f32">;
    bestRow: Ptr<"i32">;
    epsilon: F32;
    width: Int;
    cap: F32;
    rowCount: Int;
    tokens: Int;
    BLOCKS: Const<"BLOCKS">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    BIAS: Const<"BIAS", boolean>;
    CAP: Const<"CAP", boolean>;
  }) => {
    const r = arange(0, p.R);
    const lane = arange(0, 16);
    const inverse = inverseRms(p.x, p.BLOCKS * 32, p.width, p.KP, p.epsilon);
    let bestOfLane = full([p.R], -Infinity, "f32");
    let rowOfLane = zeros([p.R], "i32");
    for (const tile of range(programId(0), cdiv(p.rowCount, p.R), numPrograms(0))) {
      const first = minimum(tile * p.R, p.rowCount - p.R);
      let sums = fetched(p, first, r, p.R);
      for (const block of range(0, p.BLOCKS))
        sums += blockProduct(p, first, r, block, lane, normedIntegers(p.x, p.norm, block, lane, inverse));
      const rows = first + r;
      const mask = rows >= tile * p.R;
      let y = capped(biased(sums, p.bias, rows, rows < p.rowCount, p.BIAS), p.cap, p.CAP);
      y = where(rows < p.tokens, y, -Infinity);
      store(p.logits + rows, y, { mask });
      const better = rows < p.tokens && y > bestOfLane;
      rowOfLane = where(better, rows, rowOfLane);
      bestOfLane = where(better, y, bestOfLane);
    }
    const best = max(bestOfLane, 0);
    store(p.bestLogit + programId(0), best);
    // The lowest row among equals.
    store(p.bestRow + programId(0), min(where(bestOfLane === best, rowOfLane, 2147483647), 0));
  },
  { defaults: { warps: 4, stages: 1 } },
);

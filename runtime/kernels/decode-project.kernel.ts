import {
  arange,
  type Const,
  cdiv,
  col,
  type F32,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  max,
  min,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  to,
  where,
  zeros,
} from "tilescript";
import { biased, capped, gated } from "./epilogue.js";
import { inverseRms, normed } from "./norm.js";
import { rowSums } from "./row-sums.js";
import { dequantize } from "./weights.js";

/*
 * Matrix-vector products of one decode step, y = W · x, with W in raw GGUF blocks or bf16, and x and all sums in f32.
 * A program computes R rows, B blocks of 32 columns at a time. Weights are always read one step ahead of their use, the first before
 * the kernel waits for the one ahead of it (programmatic dependent launch): memory is on its way while the predecessor ends. With ONE a row has
 * no more than B blocks, and one step is all.
 */

/**
 * q, k and v of one token from the residual x [K]: RMS norm, then the stacked weights [q; k; v], of which the matrix has `rowCount` rows from
 * `firstRow` on: all, or those of one format. q goes to `q` in f32, k and v to the cache at `position`, k without rotation (the cache holds
 * keys without positions). A cache row is KV heads · head size. With APART k goes behind q instead, in f32: `decodeNormHeads` has its turn before
 * the cache.
 */
export const decodeQkv = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    bias,
    q,
    keys,
    values,
    position,
    epsilon,
    width,
    qRows,
    kvRows,
    firstRow,
    rowCount,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
    ONE,
    BIAS,
    APART,
  }: {
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
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    ONE: Const<"ONE", boolean>;
    BIAS: Const<"BIAS", boolean>;
    APART: Const<"APART", boolean>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    let [low, high] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, rowCount, blockCount, FORMAT);
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(x, blockCount * 32, width, KP, epsilon);
    let sums = zeros([R, B, 16], "f32");
    let start = 0;
    if (!ONE) {
      for (const step of range(0, blockCount - B, B)) {
        const at = step * 32 + columns;
        const all = col(blocks) < B;
        sums += low * normed(x, norm, at, all, inverse) + high * normed(x, norm, at + 16, all, inverse);
        const next = step + B + blocks;
        [low, high] = dequantize(bytes, signed, halves, bf16, rows, next, lane, rowCount, blockCount, FORMAT);
        start = step + B;
      }
    }
    const inside = start + col(blocks) < blockCount;
    const at = start * 32 + columns;
    sums += low * normed(x, norm, at, inside, inverse) + high * normed(x, norm, at + 16, inside, inverse);
    const mask = rows < rowCount;
    const y = biased(rowSums(sums, R, B), bias, rows, mask, BIAS);
    const cell = to(load(position), "i64") * kvRows;
    const query = firstRow + rows;
    const key = query - qRows;
    const value = key - kvRows;
    if (APART) {
      store(q + query, y, { mask: mask && key < kvRows });
    } else {
      store(q + query, y, { mask: mask && key < 0 });
      store(keys + cell + key, to(y, "bf16"), { mask: mask && key >= 0 && key < kvRows });
    }
    store(values + cell + value, to(y, "bf16"), { mask: mask && value >= 0 });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "bias", "q", "keys", "values", "position"],
    },
  },
);

/**
 * RMS norm of each head of one token before it rotates: q in place, and k from behind q into the cache at `position`. Program (head).
 */
export const decodeNormHeads = kernel(
  ({
    q,
    keys,
    queryNorm,
    keyNorm,
    position,
    epsilon,
    heads,
    kvHeads,
    D,
    DP,
  }: {
    /** f32 [heads + KV heads, D] */
    q: Ptr<"f32">;
    keys: Ptr<"bf16">;
    queryNorm: Ptr<"f32">;
    keyNorm: Ptr<"f32">;
    position: Ptr<"i32">;
    epsilon: F32;
    heads: Int;
    kvHeads: Int;
    D: Const<"D">;
    DP: Const<"DP">;
  }) => {
    const head = programId(0);
    const column = arange(0, DP);
    const mask = column < D;
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(q + head * D, D, D, DP, epsilon);
    if (head < heads) {
      store(q + head * D + column, normed(q + head * D, queryNorm, column, mask, inverse), { mask });
    } else {
      const cell = to(load(position), "i64") * kvHeads + (head - heads);
      store(keys + cell * D + column, to(normed(q + head * D, keyNorm, column, mask, inverse), "bf16"), { mask });
    }
  },
  {
    defaults: {
      warps: 1,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["q", "keys", "queryNorm", "keyNorm", "position"],
    },
  },
);

/**
 * The feed-forward's first half from the residual x [K]: RMS norm, then act(gate · x) · (up · x) with the stacked weights [gate; up];
 * f32 [F].
 */
export const decodeGateUp = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    bias,
    out,
    epsilon,
    width,
    outRows,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
    ONE,
    BIAS,
    ACT,
  }: {
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
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    ONE: Const<"ONE", boolean>;
    BIAS: Const<"BIAS", boolean>;
    ACT: Const<"ACT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    const upRows = rows + outRows;
    const allRows = 2 * outRows;
    // A gate row past the end would be an up row: its product is computed and not stored.
    let [gateLow, gateHigh] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, outRows, blockCount, FORMAT);
    let [upLow, upHigh] = dequantize(bytes, signed, halves, bf16, upRows, blocks, lane, allRows, blockCount, FORMAT);
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(x, blockCount * 32, width, KP, epsilon);
    let gates = zeros([R, B, 16], "f32");
    let ups = zeros([R, B, 16], "f32");
    let start = 0;
    if (!ONE) {
      for (const step of range(0, blockCount - B, B)) {
        const at = step * 32 + columns;
        const all = col(blocks) < B;
        const xLow = normed(x, norm, at, all, inverse);
        const xHigh = normed(x, norm, at + 16, all, inverse);
        gates += gateLow * xLow + gateHigh * xHigh;
        ups += upLow * xLow + upHigh * xHigh;
        const next = step + B + blocks;
        [gateLow, gateHigh] = dequantize(bytes, signed, halves, bf16, rows, next, lane, outRows, blockCount, FORMAT);
        [upLow, upHigh] = dequantize(bytes, signed, halves, bf16, upRows, next, lane, allRows, blockCount, FORMAT);
        start = step + B;
      }
    }
    const inside = start + col(blocks) < blockCount;
    const at = start * 32 + columns;
    const xLow = normed(x, norm, at, inside, inverse);
    const xHigh = normed(x, norm, at + 16, inside, inverse);
    gates += gateLow * xLow + gateHigh * xHigh;
    ups += upLow * xLow + upHigh * xHigh;
    const mask = rows < outRows;
    const gate = biased(rowSums(gates, R, B), bias, rows, mask, BIAS);
    const up = biased(rowSums(ups, R, B), bias, upRows, mask, BIAS);
    store(out + rows, gated(gate, up, ACT), { mask });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "bias", "out"],
    },
  },
);

/**
 * out [rows] += W · x: the output projections of attention and of the feed-forward. Without ADD it is out = W · x, which has a norm before
 * it joins the residual.
 */
export const decodeAdd = kernel(
  ({
    x,
    out,
    bytes,
    signed,
    halves,
    bf16,
    bias,
    rowCount,
    blockCount,
    B,
    R,
    FORMAT,
    ONE,
    BIAS,
    ADD,
  }: {
    x: Ptr<"f32">;
    out: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    bias: Ptr<"f32">;
    rowCount: Int;
    blockCount: Int;
    B: Const<"B">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    ONE: Const<"ONE", boolean>;
    BIAS: Const<"BIAS", boolean>;
    ADD: Const<"ADD", boolean>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    let [low, high] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, rowCount, blockCount, FORMAT);
    gdcWait();
    gdcLaunchDependents();
    let sums = zeros([R, B, 16], "f32");
    let start = 0;
    if (!ONE) {
      for (const step of range(0, blockCount - B, B)) {
        const at = x + step * 32 + columns;
        sums += low * load(at) + high * load(at + 16);
        const next = step + B + blocks;
        [low, high] = dequantize(bytes, signed, halves, bf16, rows, next, lane, rowCount, blockCount, FORMAT);
        start = step + B;
      }
    }
    const inside = start + col(blocks) < blockCount;
    const at = x + start * 32 + columns;
    sums += low * load(at, { mask: inside, other: 0 }) + high * load(at + 16, { mask: inside, other: 0 });
    const mask = rows < rowCount;
    const y = biased(rowSums(sums, R, B), bias, rows, mask, BIAS);
    if (ADD) store(out + rows, load(out + rows, { mask, other: 0 }) + y, { mask });
    else store(out + rows, y, { mask });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["x", "out", "bytes", "signed", "halves", "bf16", "bias"],
    },
  },
);

/**
 * Logits of one token from the residual x [K]: RMS norm, then the output head; and each program's best logit and its row, for a greedy
 * pick. Programs take blocks of R rows in turn, so that a few of them keep the memory busy all the time. Rows from `tokens` on are padding that
 * no token has: never the best, and −∞.
 */
export const decodeLogits = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    bias,
    logits,
    bestLogit,
    bestRow,
    epsilon,
    width,
    cap,
    rowCount,
    tokens,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
    ONE,
    BIAS,
    CAP,
  }: {
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
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    ONE: Const<"ONE", boolean>;
    BIAS: Const<"BIAS", boolean>;
    CAP: Const<"CAP", boolean>;
  }) => {
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    const whole = col(blocks) < blockCount;
    const first = programId(0) * R + arange(0, R);
    let low = zeros([R, B, 16], "f32");
    let high = zeros([R, B, 16], "f32");
    if (ONE) [low, high] = dequantize(bytes, signed, halves, bf16, first, blocks, lane, rowCount, blockCount, FORMAT);
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(x, blockCount * 32, width, KP, epsilon);
    // Of a row that is one step the vector stays in registers.
    let xLow = zeros([B, 16], "f32");
    let xHigh = zeros([B, 16], "f32");
    if (ONE) {
      xLow = normed(x, norm, columns, whole, inverse);
      xHigh = normed(x, norm, columns + 16, whole, inverse);
    }
    let bestOfLane = full([R], -Infinity, "f32");
    let rowOfLane = zeros([R], "i32");
    for (const tile of range(programId(0), cdiv(rowCount, R), numPrograms(0))) {
      const rows = tile * R + arange(0, R);
      let sums = zeros([R, B, 16], "f32");
      if (ONE) {
        sums = low * xLow + high * xHigh;
        const next = rows + numPrograms(0) * R;
        [low, high] = dequantize(bytes, signed, halves, bf16, next, blocks, lane, rowCount, blockCount, FORMAT);
      } else {
        for (const start of range(0, blockCount, B)) {
          const at = start * 32 + columns;
          const now = start + blocks;
          const [l, h] = dequantize(bytes, signed, halves, bf16, rows, now, lane, rowCount, blockCount, FORMAT);
          const inside = start + col(blocks) < blockCount;
          sums += l * normed(x, norm, at, inside, inverse) + h * normed(x, norm, at + 16, inside, inverse);
        }
      }
      let y = capped(biased(rowSums(sums, R, B), bias, rows, rows < rowCount, BIAS), cap, CAP);
      y = where(rows < tokens, y, -Infinity);
      store(logits + rows, y, { mask: rows < rowCount });
      const better = rows < tokens && y > bestOfLane;
      rowOfLane = where(better, rows, rowOfLane);
      bestOfLane = where(better, y, bestOfLane);
    }
    const best = max(bestOfLane, 0);
    store(bestLogit + programId(0), best);
    // The lowest row among equals.
    store(bestRow + programId(0), min(where(bestOfLane === best, rowOfLane, 2147483647), 0));
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "bias", "logits", "bestLogit", "bestRow"],
    },
  },
);

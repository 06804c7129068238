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
  type Mask,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  rsqrt,
  store,
  sum,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { biased, capped, gated } from "../epilogue.js";
import type { Buffers } from "../formats/numbers.js";
import {
  type Added,
  type AddedRows,
  type GateUp,
  type Logits,
  type Normed,
  type Qkv,
  storeBest,
  storeQkv,
} from "./decode-token.js";
import { inverseRms, normed } from "./norm.js";
import { rowSums } from "./row-sums.js";
import { dequantize, lanes } from "./weights.js";

/*
 * Matrix-vector products of one decode step, y = W · x, with W in raw GGUF blocks or bf16, and x and all sums in f32.
 * A program computes R rows, B blocks of 32 columns at a time. Weights are always read one step ahead of their use, the first before
 * the kernel waits for the one ahead of it (programmatic dependent launch): memory is on its way while the predecessor ends. With ONE a row has
 * no more than B blocks, and one step is all: then norm weights and what is added to are read before the wait too, the mean square is
 * taken beside the products, and the next kernel is let in first of all.
 */

/** Numbers of f32 at `columns` [B, 16], the low halves of blocks, and of their high halves. */
function halves(x: Ptr<"f32">, columns: Tile, mask: Mask): [Tile, Tile] {
  return [load(x + columns, { mask, other: 0 }), load(x + columns + 16, { mask, other: 0 })];
}

/** 1 / root mean square of the numbers at hand (arXiv 1910.07467, section 4). */
function inverseOf(low: Tile, high: Tile, width: number, epsilon: number) {
  return rsqrt(sum(sum(low * low + high * high, 1), 0) / width + epsilon);
}

/**
 * q, k and v of one token from the residual x [K]: RMS norm, then the stacked weights [q; k; v], of which the matrix has `rowCount` rows from
 * `firstRow` on: all, or those of one format. q goes to `q` in f32, k and v to the cache at `position`, k without rotation (the cache holds
 * keys without positions). A cache row is KV heads · head size. With APART k goes behind q instead, in f32: `decodeNormHeads` has its turn before
 * the cache.
 */
export const decodeQkv = kernel(
  (
    p: Normed &
      Buffers &
      Qkv & {
        blockCount: Int;
        B: Const<"B">;
        KP: Const<"KP">;
        R: Const<"R">;
        FORMAT: Const<"FORMAT", string>;
        ONE: Const<"ONE", boolean>;
      },
  ) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    if (p.ONE) gdcLaunchDependents();
    let [low, high] = dequantize(p, rows, blocks, lane, p.rowCount);
    let sums = zeros([p.R, p.B, 16], "f32");
    let inverse = 1.0;
    if (p.ONE) {
      const [normLow, normHigh] = halves(p.norm, columns, col(blocks) < p.blockCount);
      gdcWait();
      const [xLow, xHigh] = halves(p.x, columns, col(blocks) < p.blockCount);
      sums += low * (xLow * normLow) + high * (xHigh * normHigh);
      inverse = inverseOf(xLow, xHigh, p.width, p.epsilon);
    } else {
      gdcWait();
      gdcLaunchDependents();
      inverse = inverseRms(p.x, p.blockCount * 32, p.width, p.KP, p.epsilon);
      let start = 0;
      for (const step of range(0, p.blockCount - p.B, p.B)) {
        const at = step * 32 + columns;
        const all = col(blocks) < p.B;
        sums += low * normed(p.x, p.norm, at, all, inverse) + high * normed(p.x, p.norm, at + 16, all, inverse);
        const next = step + p.B + blocks;
        [low, high] = dequantize(p, rows, next, lane, p.rowCount);
        start = step + p.B;
      }
      const inside = start + col(blocks) < p.blockCount;
      const at = start * 32 + columns;
      sums += low * normed(p.x, p.norm, at, inside, inverse) + high * normed(p.x, p.norm, at + 16, inside, inverse);
    }
    const mask = rows < p.rowCount;
    let products = rowSums(sums, p.R, p.B);
    if (p.ONE) products *= inverse;
    const y = biased(products, p.bias, rows, mask, p.BIAS);
    const cell = to(load(p.position), "i64") * p.kvRows;
    storeQkv(p, cell, rows, y, mask);
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * RMS norm of each head of one token before it rotates: q in place, and k from behind q into the cache at `position`. Program (head).
 */
export const decodeNormHeads = kernel(
  (p: {
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
    const column = arange(0, p.DP);
    const mask = column < p.D;
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(p.q + head * p.D, p.D, p.D, p.DP, p.epsilon);
    if (head < p.heads) {
      store(p.q + head * p.D + column, normed(p.q + head * p.D, p.queryNorm, column, mask, inverse), { mask });
    } else {
      const cell = to(load(p.position), "i64") * p.kvHeads + (head - p.heads);
      store(p.keys + cell * p.D + column, to(normed(p.q + head * p.D, p.keyNorm, column, mask, inverse), "bf16"), {
        mask,
      });
    }
  },
  { defaults: { warps: 1, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * The feed-forward's first half from the residual x [K]: RMS norm, then act(gate · x) · (up · x) with the stacked weights [gate; up];
 * f32 [F].
 */
export const decodeGateUp = kernel(
  (
    p: Normed &
      Buffers &
      GateUp & {
        blockCount: Int;
        B: Const<"B">;
        KP: Const<"KP">;
        R: Const<"R">;
        FORMAT: Const<"FORMAT", string>;
        ONE: Const<"ONE", boolean>;
      },
  ) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    const upRows = rows + p.outRows;
    const allRows = 2 * p.outRows;
    if (p.ONE) gdcLaunchDependents();
    // A gate row past the end would be an up row: its product is computed and not stored.
    let [gateLow, gateHigh] = dequantize(p, rows, blocks, lane, p.outRows);
    let [upLow, upHigh] = dequantize(p, upRows, blocks, lane, allRows);
    let gates = zeros([p.R, p.B, 16], "f32");
    let ups = zeros([p.R, p.B, 16], "f32");
    let inverse = 1.0;
    if (p.ONE) {
      const [normLow, normHigh] = halves(p.norm, columns, col(blocks) < p.blockCount);
      gdcWait();
      const [xLow, xHigh] = halves(p.x, columns, col(blocks) < p.blockCount);
      gates += gateLow * (xLow * normLow) + gateHigh * (xHigh * normHigh);
      ups += upLow * (xLow * normLow) + upHigh * (xHigh * normHigh);
      inverse = inverseOf(xLow, xHigh, p.width, p.epsilon);
    } else {
      gdcWait();
      gdcLaunchDependents();
      inverse = inverseRms(p.x, p.blockCount * 32, p.width, p.KP, p.epsilon);
      let start = 0;
      for (const step of range(0, p.blockCount - p.B, p.B)) {
        const at = step * 32 + columns;
        const all = col(blocks) < p.B;
        const xLow = normed(p.x, p.norm, at, all, inverse);
        const xHigh = normed(p.x, p.norm, at + 16, all, inverse);
        gates += gateLow * xLow + gateHigh * xHigh;
        ups += upLow * xLow + upHigh * xHigh;
        const next = step + p.B + blocks;
        [gateLow, gateHigh] = dequantize(p, rows, next, lane, p.outRows);
        [upLow, upHigh] = dequantize(p, upRows, next, lane, allRows);
        start = step + p.B;
      }
      const inside = start + col(blocks) < p.blockCount;
      const at = start * 32 + columns;
      const xLow = normed(p.x, p.norm, at, inside, inverse);
      const xHigh = normed(p.x, p.norm, at + 16, inside, inverse);
      gates += gateLow * xLow + gateHigh * xHigh;
      ups += upLow * xLow + upHigh * xHigh;
    }
    const mask = rows < p.outRows;
    let [gateProducts, upProducts] = [rowSums(gates, p.R, p.B), rowSums(ups, p.R, p.B)];
    if (p.ONE) [gateProducts, upProducts] = [gateProducts * inverse, upProducts * inverse];
    const gate = biased(gateProducts, p.bias, rows, mask, p.BIAS);
    const up = biased(upProducts, p.bias, upRows, mask, p.BIAS);
    store(p.out + rows, gated(gate, up, p.ACT), { mask });
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * out [rows] += W · x: the output projections of attention and of the feed-forward. Without ADD it is out = W · x, which has a norm before
 * it joins the residual.
 */
export const decodeAdd = kernel(
  (
    p: Added &
      Buffers &
      AddedRows & {
        blockCount: Int;
        B: Const<"B">;
        R: Const<"R">;
        FORMAT: Const<"FORMAT", string>;
        ONE: Const<"ONE", boolean>;
      },
  ) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    const mask = rows < p.rowCount;
    if (p.ONE) gdcLaunchDependents();
    let [low, high] = dequantize(p, rows, blocks, lane, p.rowCount);
    gdcWait();
    let sums = zeros([p.R, p.B, 16], "f32");
    if (p.ONE) {
      let before = zeros([p.R], "f32");
      if (p.ADD) before = load(p.out + rows, { mask, other: 0 });
      const [xLow, xHigh] = halves(p.x, columns, col(blocks) < p.blockCount);
      sums += low * xLow + high * xHigh;
      store(p.out + rows, before + biased(rowSums(sums, p.R, p.B), p.bias, rows, mask, p.BIAS), { mask });
    } else {
      gdcLaunchDependents();
      let start = 0;
      for (const step of range(0, p.blockCount - p.B, p.B)) {
        const at = p.x + step * 32 + columns;
        sums += low * load(at) + high * load(at + 16);
        const next = step + p.B + blocks;
        [low, high] = dequantize(p, rows, next, lane, p.rowCount);
        start = step + p.B;
      }
      const inside = start + col(blocks) < p.blockCount;
      const at = p.x + start * 32 + columns;
      sums += low * load(at, { mask: inside, other: 0 }) + high * load(at + 16, { mask: inside, other: 0 });
      const y = biased(rowSums(sums, p.R, p.B), p.bias, rows, mask, p.BIAS);
      if (p.ADD) store(p.out + rows, load(p.out + rows, { mask, other: 0 }) + y, { mask });
      else store(p.out + rows, y, { mask });
    }
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * Logits of one token from the residual x [K]: RMS norm, then the output head; and each program's best logit and its row, for a greedy
 * pick. Programs take blocks of R rows in turn, so that a few of them keep the memory busy all the time. Rows from `tokens` on are padding that
 * no token has: never the best, and −∞.
 */
export const decodeLogits = kernel(
  (
    p: Normed &
      Buffers &
      Logits & {
        blockCount: Int;
        B: Const<"B">;
        KP: Const<"KP">;
        R: Const<"R">;
        FORMAT: Const<"FORMAT", string>;
        ONE: Const<"ONE", boolean>;
      },
  ) => {
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    const whole = col(blocks) < p.blockCount;
    const first = programId(0) * p.R + arange(0, p.R);
    let low = zeros([p.R, p.B, 16], "f32");
    let high = zeros([p.R, p.B, 16], "f32");
    // Of a row that is one step the vector stays in registers.
    let xLow = zeros([p.B, 16], "f32");
    let xHigh = zeros([p.B, 16], "f32");
    gdcLaunchDependents();
    if (p.ONE) {
      [low, high] = dequantize(p, first, blocks, lane, p.rowCount);
      [xLow, xHigh] = halves(p.norm, columns, whole);
    }
    gdcWait();
    let inverse = 1.0;
    if (p.ONE) {
      const [low0, high0] = halves(p.x, columns, whole);
      inverse = inverseOf(low0, high0, p.width, p.epsilon);
      xLow = low0 * xLow * inverse;
      xHigh = high0 * xHigh * inverse;
    } else inverse = inverseRms(p.x, p.blockCount * 32, p.width, p.KP, p.epsilon);
    let bestOfLane = full([p.R], -Infinity, "f32");
    let rowOfLane = zeros([p.R], "i32");
    for (const tile of range(programId(0), cdiv(p.rowCount, p.R), numPrograms(0))) {
      const rows = tile * p.R + arange(0, p.R);
      let sums = zeros([p.R, p.B, 16], "f32");
      if (p.ONE) {
        sums = low * xLow + high * xHigh;
        const next = rows + numPrograms(0) * p.R;
        [low, high] = dequantize(p, next, blocks, lane, p.rowCount);
      } else {
        for (const start of range(0, p.blockCount, p.B)) {
          const at = start * 32 + columns;
          const now = start + blocks;
          const [l, h] = dequantize(p, rows, now, lane, p.rowCount);
          const inside = start + col(blocks) < p.blockCount;
          sums += l * normed(p.x, p.norm, at, inside, inverse) + h * normed(p.x, p.norm, at + 16, inside, inverse);
        }
      }
      let y = capped(biased(rowSums(sums, p.R, p.B), p.bias, rows, rows < p.rowCount, p.BIAS), p.cap, p.CAP);
      y = where(rows < p.tokens, y, -Infinity);
      store(p.logits + rows, y, { mask: rows < p.rowCount });
      const better = rows < p.tokens && y > bestOfLane;
      rowOfLane = where(better, rows, rowOfLane);
      bestOfLane = where(better, y, bestOfLane);
    }
    storeBest(p, bestOfLane, rowOfLane);
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

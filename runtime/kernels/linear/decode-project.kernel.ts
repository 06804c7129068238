import {
  arange,
  type Const,
  cdiv,
  col,
  type F32,
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
  staticRange,
  store,
  sum,
  type Tile,
  to,
  zeros,
} from "tilescript";
import { biased } from "../epilogue.js";
import type { Buffers } from "../formats/numbers.js";
import {
  type Added,
  type AddedRows,
  type BlocksOfRows,
  cellOf,
  type GateUp,
  type Logits,
  type Normed,
  noBest,
  type Qkv,
  storeAdded,
  storeBest,
  storeGated,
  storeLogits,
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

interface Blocks extends BlocksOfRows {
  ONE: Const<"ONE", boolean>;
}

interface NormedBlocks extends Normed, Buffers, Blocks {
  epsilon: number;
  width: number;
  KP: number;
}

/** Sums with the products of the columns `at`, of which those that are `inside` count. */
function withColumns(
  p: NormedBlocks,
  sums: readonly Tile[],
  weights: readonly (readonly [Tile, Tile])[],
  at: Tile,
  inside: Mask,
  inverse: number,
  COUNT: number,
): Tile[] {
  const next = [...sums];
  const low = () => normed(p.x, p.norm, at, inside, inverse);
  const high = () => normed(p.x, p.norm, at + 16, inside, inverse);
  // Half by half it takes fewer registers.
  if (COUNT === 1) next[0]! += weights[0]![0] * low() + weights[0]![1] * high();
  else {
    const [xLow, xHigh] = [low(), high()];
    for (const i of staticRange(COUNT)) next[i]! += weights[i]![0] * xLow + weights[i]![1] * xHigh;
  }
  return next;
}

/** Products of some rows of each of COUNT matrices of `end` rows, one or two that are stacked, with the normed residual; and which of the rows are there. */
function normedProducts(p: NormedBlocks, rows: Tile, end: number, COUNT: number): [Mask, Tile[]] {
  const blocks = arange(0, p.B);
  const lane = lanes();
  const columns = col(blocks) * 32 + row(lane);
  // A row past the end of the first would be one of the second: its product is computed and not stored.
  const [all, ends] = [
    [rows, rows + end],
    [end, 2 * end],
  ];
  if (p.ONE) gdcLaunchDependents();
  const weights = Array.from({ length: COUNT }, (_, i) => dequantize(p, all[i]!, blocks, lane, ends[i]!));
  let sums = Array.from({ length: COUNT }, () => zeros([p.R, p.B, 16], "f32"));
  let inverse = 1.0;
  if (p.ONE) {
    const [normLow, normHigh] = halves(p.norm, columns, col(blocks) < p.blockCount);
    gdcWait();
    const [xLow, xHigh] = halves(p.x, columns, col(blocks) < p.blockCount);
    for (const i of staticRange(COUNT))
      sums[i]! += weights[i]![0] * (xLow * normLow) + weights[i]![1] * (xHigh * normHigh);
    inverse = inverseOf(xLow, xHigh, p.width, p.epsilon);
  } else {
    gdcWait();
    gdcLaunchDependents();
    inverse = inverseRms(p.x, p.blockCount * 32, p.width, p.KP, p.epsilon);
    let start = 0;
    for (const step of range(0, p.blockCount - p.B, p.B)) {
      sums = withColumns(p, sums, weights, step * 32 + columns, col(blocks) < p.B, inverse, COUNT);
      const next = step + p.B + blocks;
      for (const i of staticRange(COUNT)) weights[i] = dequantize(p, all[i]!, next, lane, ends[i]!);
      start = step + p.B;
    }
    const inside = start + col(blocks) < p.blockCount;
    sums = withColumns(p, sums, weights, start * 32 + columns, inside, inverse, COUNT);
  }
  const mask = rows < end;
  const products = Array.from({ length: COUNT }, (_, i) => rowSums(sums[i]!, p.R, p.B));
  if (p.ONE) for (const i of staticRange(COUNT)) products[i]! *= inverse;
  return [mask, products];
}

/**
 * q, k and v of one token from the residual x [K]: RMS norm, then the stacked weights [q; k; v], of which the matrix has `rowCount` rows from
 * `firstRow` on: all, or those of one format. q goes to `q` in f32, k and v to the cache at `position`, k without rotation (the cache holds
 * keys without positions). A cache row is KV heads · head size. With APART k goes behind q instead, in f32: `decodeNormHeads` has its turn before
 * the cache.
 */
export const decodeQkv = kernel(
  (p: Normed & Buffers & Qkv & Blocks & { KP: Const<"KP"> }) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const [mask, [products]] = normedProducts(p, rows, p.rowCount, 1);
    const y = biased(products!, p.bias, rows, mask, p.BIAS);
    storeQkv(p, cellOf(p), rows, y, mask);
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
  (p: Normed & Buffers & GateUp & Blocks & { KP: Const<"KP"> }) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const [mask, [gates, ups]] = normedProducts(p, rows, p.outRows, 2);
    storeGated(p, rows, gates!, ups!, mask);
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * out [rows] += W · x: the output projections of attention and of the feed-forward. Without ADD it is out = W · x, which has a norm before
 * it joins the residual.
 */
export const decodeAdd = kernel(
  (p: Added & Buffers & AddedRows & Blocks) => {
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
      storeAdded(p, rows, rowSums(sums, p.R, p.B), mask);
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
  (p: Normed & Buffers & Logits & Blocks & { KP: Const<"KP"> }) => {
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
    let best = noBest(p.R);
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
      best = storeLogits(p, rows, rowSums(sums, p.R, p.B), rows < p.rowCount, best);
    }
    storeBest(p, best);
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

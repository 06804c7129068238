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
  sigmoid,
  store,
  sum,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { inverseRms, normed } from "./norm.js";
import { FORMATS, GPU_TILES } from "./tiles.js";
import { dequantize } from "./weights.js";

/*
 * Matrix-vector products of one decode step, y = W · x, with W in raw GGUF blocks or bf16, and x and all sums in f32.
 * A program computes R rows, B blocks of 32 columns at a time. Weights are always read one step ahead of their use, the first before
 * the kernel waits for the one ahead of it (programmatic dependent launch): memory is on its way while the predecessor ends.
 */
const OPTIONS = { warps: 4, stages: 1, pdl: true, alignment: "required" } as const;

/** Σ over columns of the two halves: [R, B, 16] · [B, 16] → [R]. */
function rowSums(low: Tile, high: Tile, xLow: Tile, xHigh: Tile) {
  return sum(sum(low * xLow + high * xHigh, 2), 1);
}

/**
 * q, k and v of one token from the residual x [K]: RMS norm, then the stacked weights [q; k; v]. q goes to `q` in f32, k and v to
 * the cache at `position`, k without rotation (the cache holds keys without positions). A cache row is KV heads · head size.
 */
export const decodeQkv = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    q,
    keys,
    values,
    position,
    epsilon,
    qRows,
    kvRows,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
  }: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    q: Ptr<"f32">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    position: Ptr<"i32">;
    epsilon: F32;
    qRows: Int;
    kvRows: Int;
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const rowCount = qRows + 2 * kvRows;
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    let [low, high] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, rowCount, blockCount, FORMAT);
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(x, blockCount * 32, KP, epsilon);
    let y = zeros([R], "f32");
    for (const start of range(0, blockCount, B)) {
      const inside = start + col(blocks) < blockCount;
      const at = start * 32 + columns;
      y += rowSums(low, high, normed(x, norm, at, inside, inverse), normed(x, norm, at + 16, inside, inverse));
      [low, high] = dequantize(
        bytes,
        signed,
        halves,
        bf16,
        rows,
        start + B + blocks,
        lane,
        rowCount,
        blockCount,
        FORMAT,
      );
    }
    const cell = to(load(position), "i64") * kvRows;
    const key = rows - qRows;
    const value = key - kvRows;
    store(q + rows, y, { mask: rows < qRows });
    store(keys + cell + key, to(y, "bf16"), { mask: key >= 0 && key < kvRows });
    store(values + cell + value, to(y, "bf16"), { mask: value >= 0 && value < kvRows });
  },
  {
    builds: FORMATS.map((FORMAT) => ({
      constants: { ...GPU_TILES.qkv, FORMAT },
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "q", "keys", "values", "position"],
      ...OPTIONS,
    })),
  },
);

/** The feed-forward's first half from the residual x [K]: RMS norm, then silu(gate · x) · (up · x) with the stacked weights [gate; up]; f32 [F]. */
export const decodeGateUp = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    out,
    epsilon,
    outRows,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
  }: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    out: Ptr<"f32">;
    epsilon: F32;
    outRows: Int;
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    // A gate row past the end would be an up row: its product is computed and not stored.
    let [gateLow, gateHigh] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, outRows, blockCount, FORMAT);
    let [upLow, upHigh] = dequantize(
      bytes,
      signed,
      halves,
      bf16,
      rows + outRows,
      blocks,
      lane,
      2 * outRows,
      blockCount,
      FORMAT,
    );
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(x, blockCount * 32, KP, epsilon);
    let gate = zeros([R], "f32");
    let up = zeros([R], "f32");
    for (const start of range(0, blockCount, B)) {
      const inside = start + col(blocks) < blockCount;
      const at = start * 32 + columns;
      const xLow = normed(x, norm, at, inside, inverse);
      const xHigh = normed(x, norm, at + 16, inside, inverse);
      gate += rowSums(gateLow, gateHigh, xLow, xHigh);
      up += rowSums(upLow, upHigh, xLow, xHigh);
      const next = start + B + blocks;
      [gateLow, gateHigh] = dequantize(bytes, signed, halves, bf16, rows, next, lane, outRows, blockCount, FORMAT);
      [upLow, upHigh] = dequantize(
        bytes,
        signed,
        halves,
        bf16,
        rows + outRows,
        next,
        lane,
        2 * outRows,
        blockCount,
        FORMAT,
      );
    }
    store(out + rows, gate * sigmoid(gate) * up, { mask: rows < outRows });
  },
  {
    builds: FORMATS.map((FORMAT) => ({
      constants: { ...GPU_TILES.gateUp, FORMAT },
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "out"],
      ...OPTIONS,
    })),
  },
);

/** residual [rows] += W · x: the output projections of attention and of the feed-forward. */
export const decodeAdd = kernel(
  ({
    x,
    residual,
    bytes,
    signed,
    halves,
    bf16,
    rowCount,
    blockCount,
    B,
    R,
    FORMAT,
  }: {
    x: Ptr<"f32">;
    residual: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    rowCount: Int;
    blockCount: Int;
    B: Const<"B">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    let [low, high] = dequantize(bytes, signed, halves, bf16, rows, blocks, lane, rowCount, blockCount, FORMAT);
    gdcWait();
    gdcLaunchDependents();
    let y = zeros([R], "f32");
    for (const start of range(0, blockCount, B)) {
      const mask = start + col(blocks) < blockCount;
      const at = x + start * 32 + columns;
      y += rowSums(low, high, load(at, { mask, other: 0 }), load(at + 16, { mask, other: 0 }));
      [low, high] = dequantize(
        bytes,
        signed,
        halves,
        bf16,
        rows,
        start + B + blocks,
        lane,
        rowCount,
        blockCount,
        FORMAT,
      );
    }
    const mask = rows < rowCount;
    store(residual + rows, load(residual + rows, { mask, other: 0 }) + y, { mask });
  },
  {
    builds: [GPU_TILES.out, GPU_TILES.down].flatMap((tiles) =>
      FORMATS.map((FORMAT) => ({
        constants: { ...tiles, FORMAT },
        divisible: ["x", "residual", "bytes", "signed", "halves", "bf16"],
        ...OPTIONS,
      })),
    ),
  },
);

/**
 * Logits of one token from the residual x [K]: RMS norm, then the output head; and each program's best logit and its row, for a greedy
 * pick. Programs take blocks of R rows in turn, so that a few of them keep the memory busy all the time.
 */
export const decodeLogits = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    logits,
    bestLogit,
    bestRow,
    epsilon,
    rowCount,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
  }: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    logits: Ptr<"f32">;
    bestLogit: Ptr<"f32">;
    bestRow: Ptr<"i32">;
    epsilon: F32;
    rowCount: Int;
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
  }) => {
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    gdcWait();
    gdcLaunchDependents();
    const inverse = inverseRms(x, blockCount * 32, KP, epsilon);
    let bestOfLane = full([R], -Infinity, "f32");
    let rowOfLane = zeros([R], "i32");
    for (const tile of range(programId(0), cdiv(rowCount, R), numPrograms(0))) {
      const rows = tile * R + arange(0, R);
      let y = zeros([R], "f32");
      for (const start of range(0, blockCount, B)) {
        const [low, high] = dequantize(
          bytes,
          signed,
          halves,
          bf16,
          rows,
          start + blocks,
          lane,
          rowCount,
          blockCount,
          FORMAT,
        );
        const inside = start + col(blocks) < blockCount;
        const at = start * 32 + columns;
        y += rowSums(low, high, normed(x, norm, at, inside, inverse), normed(x, norm, at + 16, inside, inverse));
      }
      store(logits + rows, y, { mask: rows < rowCount });
      const better = rows < rowCount && y > bestOfLane;
      rowOfLane = where(better, rows, rowOfLane);
      bestOfLane = where(better, y, bestOfLane);
    }
    const best = max(bestOfLane, 0);
    store(bestLogit + programId(0), best);
    // The lowest row among equals.
    store(bestRow + programId(0), min(where(bestOfLane === best, rowOfLane, 2147483647), 0));
  },
  {
    builds: FORMATS.map((FORMAT) => ({
      constants: { ...GPU_TILES.logits, FORMAT },
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "logits", "bestLogit", "bestRow"],
      ...OPTIONS,
    })),
  },
);

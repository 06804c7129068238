import {
  arange,
  type Const,
  cdiv,
  col,
  type F32,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  minimum,
  type Ptr,
  programId,
  range,
  row,
  store,
  where,
  zeros,
} from "tilescript";
import { gated } from "./epilogue.js";
import { inverseRms, normed } from "./norm.js";
import { rowSums } from "./row-sums.js";
import { dequantize } from "./weights.js";

/*
 * The feed-forward of one decode step through the experts that `chooseExperts` left: only their weights are read. Which these are is known
 * when the kernel before has ended, so unlike in decode-project.kernel.ts nothing is read ahead of it.
 */

/**
 * out [used, outRows] = act(gate · x) · (up · x) of the chosen experts from the normed residual x [K]; weights are [gate; up] of expert 0, then
 * of expert 1 …, each of the two `outRows` rows. Program (block of R rows, slot).
 */
export const decodeExpertsGateUp = kernel(
  ({
    x,
    norm,
    bytes,
    signed,
    halves,
    bf16,
    chosen,
    out,
    epsilon,
    width,
    outRows,
    blockCount,
    B,
    KP,
    R,
    FORMAT,
    ACT,
  }: {
    x: Ptr<"f32">;
    norm: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    chosen: Ptr<"i32">;
    out: Ptr<"f32">;
    epsilon: F32;
    width: Int;
    outRows: Int;
    blockCount: Int;
    B: Const<"B">;
    KP: Const<"KP">;
    R: Const<"R">;
    FORMAT: Const<"FORMAT", string>;
    ACT: Const<"ACT", string>;
  }) => {
    const rows = programId(0) * R + arange(0, R);
    const slot = programId(1);
    const blocks = arange(0, B);
    const lane = arange(0, 16);
    const columns = col(blocks) * 32 + row(lane);
    gdcWait();
    gdcLaunchDependents();
    const gateEnd = (2 * load(chosen + slot) + 1) * outRows;
    const upEnd = gateEnd + outRows;
    // A gate row past the end would be an up row: `gateEnd` keeps it from being read.
    const gateRows = gateEnd - outRows + rows;
    const upRows = gateEnd + rows;
    let [gateLow, gateHigh] = dequantize(
      bytes,
      signed,
      halves,
      bf16,
      gateRows,
      blocks,
      lane,
      gateEnd,
      blockCount,
      FORMAT,
    );
    let [upLow, upHigh] = dequantize(bytes, signed, halves, bf16, upRows, blocks, lane, upEnd, blockCount, FORMAT);
    const inverse = inverseRms(x, blockCount * 32, width, KP, epsilon);
    let gates = zeros([R, B, 16], "f32");
    let ups = zeros([R, B, 16], "f32");
    for (const start of range(0, blockCount, B)) {
      const inside = start + col(blocks) < blockCount;
      const at = start * 32 + columns;
      const xLow = normed(x, norm, at, inside, inverse);
      const xHigh = normed(x, norm, at + 16, inside, inverse);
      gates += gateLow * xLow + gateHigh * xHigh;
      ups += upLow * xLow + upHigh * xHigh;
      const next = start + B + blocks;
      [gateLow, gateHigh] = dequantize(bytes, signed, halves, bf16, gateRows, next, lane, gateEnd, blockCount, FORMAT);
      [upLow, upHigh] = dequantize(bytes, signed, halves, bf16, upRows, next, lane, upEnd, blockCount, FORMAT);
    }
    store(out + slot * outRows + rows, gated(rowSums(gates, R, B), rowSums(ups, R, B), ACT), { mask: rows < outRows });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["x", "norm", "bytes", "signed", "halves", "bf16", "chosen", "out"],
    },
  },
);

/**
 * out [rowCount] += Σ over slots of weight · W of its expert · x of the slot, for x [used, K] and W [experts · rowCount, K]. The sum always goes
 * by slots, and within them by columns. Program (block of R rows).
 */
export const decodeExpertsDown = kernel(
  ({
    x,
    out,
    bytes,
    signed,
    halves,
    bf16,
    chosen,
    weights,
    used,
    rowCount,
    blockCount,
    B,
    R,
    FORMAT,
  }: {
    x: Ptr<"f32">;
    out: Ptr<"f32">;
    bytes: Ptr<"u8">;
    signed: Ptr<"i8">;
    halves: Ptr<"f16">;
    bf16: Ptr<"bf16">;
    chosen: Ptr<"i32">;
    weights: Ptr<"f32">;
    used: Int;
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
    // An expert is narrow, so one loop goes through all of them, and reads each ahead of its turn.
    const steps = cdiv(blockCount, B);
    const allSteps = used * steps;
    gdcWait();
    gdcLaunchDependents();
    const base = load(chosen) * rowCount;
    const end = base + rowCount;
    let [low, high] = dequantize(bytes, signed, halves, bf16, base + rows, blocks, lane, end, blockCount, FORMAT);
    let sums = zeros([R, B, 16], "f32");
    for (const step of range(0, allSteps)) {
      const slot = floorDiv(step, steps);
      const start = (step - slot * steps) * B;
      const mask = start + col(blocks) < blockCount;
      const at = x + (slot * blockCount + start) * 32 + columns;
      const product = low * load(at, { mask, other: 0 }) + high * load(at + 16, { mask, other: 0 });
      sums += load(weights + slot) * product;
      const next = step + 1;
      const nextSlot = floorDiv(next, steps);
      const nextBase = load(chosen + minimum(nextSlot, used - 1)) * rowCount;
      // Behind the last step no row is read.
      const nextEnd = where(next < allSteps, nextBase + rowCount, 0);
      const nextRows = nextBase + rows;
      const nextBlocks = (next - nextSlot * steps) * B + blocks;
      [low, high] = dequantize(bytes, signed, halves, bf16, nextRows, nextBlocks, lane, nextEnd, blockCount, FORMAT);
    }
    const mask = rows < rowCount;
    store(out + rows, load(out + rows, { mask, other: 0 }) + rowSums(sums, R, B), { mask });
  },
  {
    defaults: {
      warps: 4,
      stages: 1,
      pdl: true,
      alignment: "required",
      divisible: ["x", "out", "bytes", "signed", "halves", "bf16", "chosen", "weights"],
    },
  },
);

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
import { gated } from "../epilogue.js";
import type { Buffers } from "../formats/numbers.js";
import type { Added, BlocksOfRows, Normed } from "../linear/decode-token.js";
import { inverseRms, normed } from "../linear/norm.js";
import { rowSums } from "../linear/row-sums.js";
import { dequantize, lanes } from "../linear/weights.js";

/*
 * The feed-forward of one decode step through the experts that `chooseExperts` left: only their weights are read. Which these are is known
 * when the kernel before has ended, so unlike in decode-project.kernel.ts nothing is read ahead of it.
 */

/**
 * out [used, outRows] = act(gate · x) · (up · x) of the chosen experts from the normed residual x [K]; weights are [gate; up] of expert 0, then
 * of expert 1 …, each of the two `outRows` rows. Program (block of R rows, slot).
 */
export const decodeExpertsGateUp = kernel(
  (
    p: Normed &
      Buffers & { chosen: Ptr<"i32">; out: Ptr<"f32">; epsilon: F32; width: Int; outRows: Int } & BlocksOfRows & {
        KP: Const<"KP">;
        ACT: Const<"ACT", string>;
      },
  ) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const slot = programId(1);
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    gdcWait();
    gdcLaunchDependents();
    const gateEnd = (2 * load(p.chosen + slot) + 1) * p.outRows;
    const upEnd = gateEnd + p.outRows;
    // A gate row past the end would be an up row: `gateEnd` keeps it from being read.
    const gateRows = gateEnd - p.outRows + rows;
    const upRows = gateEnd + rows;
    let [gateLow, gateHigh] = dequantize(p, gateRows, blocks, lane, gateEnd);
    let [upLow, upHigh] = dequantize(p, upRows, blocks, lane, upEnd);
    const inverse = inverseRms(p.x, p.blockCount * 32, p.width, p.KP, p.epsilon);
    let gates = zeros([p.R, p.B, 16], "f32");
    let ups = zeros([p.R, p.B, 16], "f32");
    for (const start of range(0, p.blockCount, p.B)) {
      const inside = start + col(blocks) < p.blockCount;
      const at = start * 32 + columns;
      const xLow = normed(p.x, p.norm, at, inside, inverse);
      const xHigh = normed(p.x, p.norm, at + 16, inside, inverse);
      gates += gateLow * xLow + gateHigh * xHigh;
      ups += upLow * xLow + upHigh * xHigh;
      const next = start + p.B + blocks;
      [gateLow, gateHigh] = dequantize(p, gateRows, next, lane, gateEnd);
      [upLow, upHigh] = dequantize(p, upRows, next, lane, upEnd);
    }
    store(p.out + slot * p.outRows + rows, gated(rowSums(gates, p.R, p.B), rowSums(ups, p.R, p.B), p.ACT), {
      mask: rows < p.outRows,
    });
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * out [rowCount] += Σ over slots of weight · W of its expert · x of the slot, for x [used, K] and W [experts · rowCount, K]. The sum always goes
 * by slots, and within them by columns. Program (block of R rows).
 */
export const decodeExpertsDown = kernel(
  (p: Added & Buffers & { chosen: Ptr<"i32">; weights: Ptr<"f32">; used: Int; rowCount: Int } & BlocksOfRows) => {
    const rows = programId(0) * p.R + arange(0, p.R);
    const blocks = arange(0, p.B);
    const lane = lanes();
    const columns = col(blocks) * 32 + row(lane);
    // An expert is narrow, so one loop goes through all of them, and reads each ahead of its turn.
    const steps = cdiv(p.blockCount, p.B);
    const allSteps = p.used * steps;
    gdcWait();
    gdcLaunchDependents();
    const base = load(p.chosen) * p.rowCount;
    const end = base + p.rowCount;
    let [low, high] = dequantize(p, base + rows, blocks, lane, end);
    let sums = zeros([p.R, p.B, 16], "f32");
    for (const step of range(0, allSteps)) {
      const slot = floorDiv(step, steps);
      const start = (step - slot * steps) * p.B;
      const mask = start + col(blocks) < p.blockCount;
      const at = p.x + (slot * p.blockCount + start) * 32 + columns;
      const product = low * load(at, { mask, other: 0 }) + high * load(at + 16, { mask, other: 0 });
      sums += load(p.weights + slot) * product;
      const next = step + 1;
      const nextSlot = floorDiv(next, steps);
      const nextBase = load(p.chosen + minimum(nextSlot, p.used - 1)) * p.rowCount;
      // Behind the last step no row is read.
      const nextEnd = where(next < allSteps, nextBase + p.rowCount, 0);
      const nextRows = nextBase + rows;
      const nextBlocks = (next - nextSlot * steps) * p.B + blocks;
      [low, high] = dequantize(p, nextRows, nextBlocks, lane, nextEnd);
    }
    const mask = rows < p.rowCount;
    store(p.out + rows, load(p.out + rows, { mask, other: 0 }) + rowSums(sums, p.R, p.B), { mask });
  },
  { defaults: { warps: 4, stages: 1, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

import { arange, type Const, cdiv, kernel, load, minimum, numPrograms, programId, range } from "tilescript";
import { biased } from "../epilogue.js";
import { blockProduct, fetched, integersOf, normedIntegers } from "../formats/integers.js";
import type { Buffers } from "../formats/numbers.js";
import {
  type Added,
  type AddedRows,
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
import { inverseRms } from "./norm.js";

/*
 * The matrix-vector products of decode-project.kernel.ts in whole numbers (formats/integers.ts), for the CPU executor. A program computes R
 * rows, one block of 32 columns of all of them after another, so that a block of the vector is prepared once for R rows. The matrix has at least
 * R rows; the last program begins R before the end, and stores what no other does.
 */

interface Blocks {
  BLOCKS: Const<"BLOCKS">;
  R: Const<"R">;
  FORMAT: Const<"FORMAT", string>;
}

/** q, k and v of one token: see decodeQkv. */
export const decodeQkvIntegers = kernel(
  (p: Normed & Buffers & Qkv & Blocks & { KP: Const<"KP"> }) => {
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
    storeQkv(p, cellOf(p), rows, y, mask);
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** The feed-forward's first half: see decodeGateUp. */
export const decodeGateUpIntegers = kernel(
  (p: Normed & Buffers & GateUp & Blocks & { KP: Const<"KP"> }) => {
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
    storeGated(p, rows, gates, ups, mask);
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** out [rows] += W · x, or = without ADD: see decodeAdd. */
export const decodeAddIntegers = kernel(
  (p: Added & Buffers & AddedRows & Blocks) => {
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
    storeAdded(p, rows, sums, mask);
  },
  { defaults: { warps: 4, stages: 1 } },
);

/** Logits of one token, and each program's best: see decodeLogits. */
export const decodeLogitsIntegers = kernel(
  (p: Normed & Buffers & Logits & Blocks & { KP: Const<"KP"> }) => {
    const r = arange(0, p.R);
    const lane = arange(0, 16);
    const inverse = inverseRms(p.x, p.BLOCKS * 32, p.width, p.KP, p.epsilon);
    let best = noBest(p.R);
    for (const tile of range(programId(0), cdiv(p.rowCount, p.R), numPrograms(0))) {
      const first = minimum(tile * p.R, p.rowCount - p.R);
      let sums = fetched(p, first, r, p.R);
      for (const block of range(0, p.BLOCKS))
        sums += blockProduct(p, first, r, block, lane, normedIntegers(p.x, p.norm, block, lane, inverse));
      const rows = first + r;
      best = storeLogits(p, rows, sums, rows >= tile * p.R, best);
    }
    storeBest(p, best);
  },
  { defaults: { warps: 4, stages: 1 } },
);

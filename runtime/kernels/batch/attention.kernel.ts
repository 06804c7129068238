import {
  arange,
  cdiv,
  col,
  exp2,
  type F32,
  floorDiv,
  type Int,
  kernel,
  load,
  max,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  row,
  store,
  sum,
  to,
  where,
} from "tilescript";
import { anglesOfBlock, attend, type HeadTiles } from "../attention/attend.js";
import { leavePart, type Parts } from "../attention/combine.js";
import { cacheAt } from "./address.js";

/**
 * `decodeAttention` of one new token of each of several sequences, each over its own cache: program (KV head, split, row). Every split leaves its part,
 * `partial` [rows, query heads, SPLITS, D] and so on, for `batchCombine`: sequences of all lengths are in one launch, and none waits for another's last.
 */
export const batchAttention = kernel(
  (
    p: {
      q: Ptr<"f32">;
      caches: Ptr<"i64">;
      positions: Ptr<"i32">;
      cosine: Ptr<"f32">;
      sine: Ptr<"f32">;
    } & Parts & {
        /** As for `decodeAttention`. */
        scale: F32;
        cap: F32;
        rows: Int;
        kvHeads: Int;
        rotaryRow: Int;
        reach: Int;
      } & HeadTiles,
  ) => {
    const kvHead = programId(0);
    const split = programId(1);
    const slot = programId(2);
    const now = load(p.positions + slot);
    const first = maximum(0, now + 1 - p.reach);
    const blocks = cdiv(now + 1 - first, p.BN);
    const splits = minimum(numPrograms(1), blocks);
    if (split < splits) {
      const start = first + floorDiv(split * blocks, splits) * p.BN;
      const end = minimum(first + floorDiv((split + 1) * blocks, splits) * p.BN, now + 1);
      const head = slot * p.kvHeads * p.G;
      const own = {
        ...p,
        q: p.q + head * p.D,
        keys: cacheAt(p.caches, slot),
        values: cacheAt(p.caches, p.rows + slot),
      };
      leavePart(
        {
          ...p,
          partial: p.partial + head * p.SPLITS * p.D,
          peak: p.peak + head * p.SPLITS,
          total: p.total + head * p.SPLITS,
        },
        kvHead,
        split,
        attend(own, kvHead, start, end, now, anglesOfBlock(own), (index) => index),
      );
    }
  },
  { defaults: { warps: 4, stages: 2, alignment: "required", divisible: ["pointers"] } },
);

/** Attention of a row's query head from its splits, as many as `batchAttention` was launched with, into `out` bf16 [rows, outRow]. Program (head, row). */
export const batchCombine = kernel(
  (
    p: Parts & {
      positions: Ptr<"i32">;
      out: Ptr<"bf16">;
      outRow: Int;
      reach: Int;
      splits: Int;
    } & Pick<HeadTiles, "SPLITS" | "BN" | "D" | "DP">,
  ) => {
    const head = programId(0);
    const slot = programId(1);
    const seen = minimum(load(p.positions + slot) + 1, p.reach);
    if (seen > 0) {
      const split = arange(0, p.SPLITS);
      const there = split < minimum(p.splits, cdiv(seen, p.BN));
      const cell = (slot * numPrograms(0) + head) * p.SPLITS + split;
      const peaks = load(p.peak + cell, { mask: there, other: -Infinity });
      const share = where(there, exp2(peaks - max(peaks, 0)), 0);
      const weight = sum(share * load(p.total + cell, { mask: there, other: 0 }), 0);
      const column = row(arange(0, p.DP));
      const mask = col(there) && column < p.D;
      const values = load(p.partial + col(cell) * p.D + column, { mask, other: 0 });
      const attention = sum(values * col(share), 0) / weight;
      const at = arange(0, p.DP);
      store(p.out + slot * p.outRow + head * p.D + at, to(attention, "bf16"), { mask: at < p.D });
    }
  },
  { defaults: { warps: 4, stages: 1, alignment: "required", divisible: ["pointers"] } },
);

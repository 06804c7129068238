import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  type F32,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  reshape,
  row,
  where,
} from "tilescript";
import { anglesOfBlock, attend } from "../attention/attend.js";
import { type CombiningTiles, type Finishing, leave } from "../attention/combine.js";
import { leaveRows, scoresOf, unseen, withKeys } from "../attention/queries.js";

import { middleLength } from "./middle.js";
import { windowTokens } from "./window.js";

/**
 * `decodeAttention` over a window: one new token's attention, the last of the cache, with keys and values read through the list of
 * selected positions, which the window's indices stand for. `window` and `selected` are what `reattentionChoose` gives.
 */
export const reattentionDecode = kernel(
  <T extends "f16" | "bf16">(
    p: {
      q: Ptr<"f32">;
      keys: Ptr<T>;
      values: Ptr<T>;
      cosine: Ptr<"f32">;
      sine: Ptr<"f32">;
      selected: Ptr<"i32">;
      window: Ptr<"i32">;
    } & Finishing & {
        global: Int;
        local: Int;
        kvHeads: Int;
        rotaryRow: Int;
        /** Splits of a KV head into which the launch that decided cut the last `local` tokens (beside.ts); 0 where it did not. */
        beside: Int;
        longFrom: Int;
      } & CombiningTiles,
  ) => {
    const kvHead = programId(0);
    const split = programId(1);
    const angles = anglesOfBlock(p);
    gdcWait();
    gdcLaunchDependents();
    const count = load(p.window);
    const now = load(p.window + 4);
    const middle = middleLength(load(p.position) + 1, p.global, p.local);
    const before = middle >= p.longFrom ? p.beside : 0;
    const indices = before > 0 ? p.global + count : now + 1;
    // Even nothing is a split: somebody has to combine the others.
    const blocks = maximum(cdiv(indices, p.BN), 1);
    const splits = minimum(minimum(numPrograms(1), p.SPLITS - before), blocks);
    if (split < splits) {
      const start = floorDiv(split * blocks, splits) * p.BN;
      const end = minimum(floorDiv((split + 1) * blocks, splits) * p.BN, indices);
      const attended = attend(p, kvHead, start, end, now, angles, (index, inside) =>
        windowTokens(index, inside, p.selected, count, p.global, middle),
      );
      leave(p, { kvHead, split, splits, before }, attended);
    }
  },
  { defaults: { warps: 4, stages: 2, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/**
 * `prefillAttention` over gathered windows whose lengths are known to the device alone: query i of a chunk of n sees indices up to
 * last + 1 − n + i of the chunk's window. q [queries, heads, D], rotated and scaled by log2(e) / √D; keys and values [chunks · rows, KV heads, D],
 * zero behind a window's last. Program (block of queries, query head, chunk).
 */
export const reattentionPrefill = kernel(
  <T extends "f16" | "bf16">(p: {
    q: Descriptor<T, [Const<"BM">, 1, Const<"DP">]>;
    keys: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>;
    values: Descriptor<T, [Const<"BN">, 1, Const<"DP">]>;
    window: Ptr<"i32">;
    out: Ptr<T>;
    queries: Int;
    chunk: Int;
    windowRows: Int;
    outRow: Int;
    group: Int;
    cap: F32;
    BM: Const<"BM">;
    BN: Const<"BN">;
    D: Const<"D">;
    DP: Const<"DP">;
    CAP: Const<"CAP", boolean>;
  }) => {
    const block = (numPrograms(0) - 1 - programId(0)) * p.BM;
    const head = programId(1);
    const kvHead = floorDiv(head, p.group);
    const turn = programId(2);
    const first = turn * p.chunk;
    const count = minimum(first + p.chunk, p.queries) - first;
    // A chunk that is not full has blocks without queries.
    if (block < count) {
      const start = turn * p.windowRows;
      const past = load(p.window + turn * 16 + 4) + 1 - count;
      const rows = block + arange(0, p.BM);
      const query = reshape(loadTensorDescriptor(p.q, [first + block, head, 0]), [p.BM, p.DP]);
      let state = unseen(p, -Infinity);
      // Keys that every query of the block sees, in whole blocks.
      const clear = floorDiv(past + block + 1, p.BN) * p.BN;
      for (const from of range(0, clear, p.BN))
        state = withKeys(p, kvHead, start + from, state, (key) => scoresOf(p, query, key));
      for (const from of range(clear, past + minimum(block + p.BM, count), p.BN)) {
        state = withKeys(p, kvHead, start + from, state, (key) => {
          const seen = row(from + arange(0, p.BN)) <= col(past + rows);
          return where(seen, scoresOf(p, query, key), -Infinity);
        });
      }
      leaveRows(p, head, rows, first, count, state);
    }
  },
  { defaults: { warps: 8, stages: 3, alignment: "required", divisible: ["pointers", "outRow"] } },
);

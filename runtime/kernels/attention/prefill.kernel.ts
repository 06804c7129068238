import {
  arange,
  type Const,
  col,
  type Descriptor,
  type F32,
  floorDiv,
  type Int,
  kernel,
  loadTensorDescriptor,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  where,
} from "tilescript";

import { leaveRows, scoresOf, unseen, withKeys } from "./queries.js";

/**
 * Causal attention of a chunk of queries over keys that are rotated: query i sees the last `reach` of keys 0 … past + i (FlashAttention-2).
 * q is bf16 [queries, heads · D], rotated and scaled to scores in base 2, keys and values bf16 [length, KV heads, D]. Where heads are padded, a
 * row of q goes on into the next head, and its keys are zero there: without an axis for heads, q stays in shared memory for its products.
 * Program (query head, block of queries): the longest rows of all heads start first, and heads that share keys run together. The blocks at both
 * ends alone are masked.
 */
export const prefillAttention = kernel(
  (p: {
    q: Descriptor<"bf16", [Const<"BM">, Const<"DP">]>;
    keys: Descriptor<"bf16", [Const<"BN">, 1, Const<"DP">]>;
    values: Descriptor<"bf16", [Const<"BN">, 1, Const<"DP">]>;
    out: Ptr<"bf16">;
    queries: Int;
    past: Int;
    reach: Int;
    outRow: Int;
    group: Int;
    /** In base 2 too. */
    cap: F32;
    BM: Const<"BM">;
    BN: Const<"BN">;
    D: Const<"D">;
    DP: Const<"DP">;
    CAP: Const<"CAP", boolean>;
    /** Whether `reach` may be less than everything. */
    SLIDES: Const<"SLIDES", boolean>;
  }) => {
    const head = programId(0);
    const block = numPrograms(1) - 1 - programId(1);
    const kvHead = floorDiv(head, p.group);
    const rows = block * p.BM + arange(0, p.BM);
    const last = p.past + rows;
    const query = loadTensorDescriptor(p.q, [block * p.BM, head * p.D]);
    let state = unseen(p, -Infinity);
    // Keys that every query of the block sees, in whole blocks.
    const clear = floorDiv(p.past + block * p.BM + 1, p.BN) * p.BN;
    let from = 0;
    if (p.SLIDES) {
      // Blocks whose keys the block's last queries see no more. A row that has seen nothing yet has a finite top, so that exp2 gives 0 and not NaN.
      const oldest = floorDiv(maximum(0, p.past + block * p.BM + 1 - p.reach), p.BN) * p.BN;
      const masked = minimum(
        clear,
        floorDiv(maximum(0, p.past + (block + 1) * p.BM - p.reach) + p.BN - 1, p.BN) * p.BN,
      );
      state = unseen(p, -1e30);
      for (const at of range(oldest, masked, p.BN)) {
        state = withKeys(p, kvHead, at, state, (key) => {
          const seen = row(at + arange(0, p.BN)) > col(last - p.reach);
          return where(seen, scoresOf(p, query, key), -Infinity);
        });
      }
      from = maximum(oldest, masked);
    }
    for (const at of range(from, clear, p.BN)) state = withKeys(p, kvHead, at, state, (key) => scoresOf(p, query, key));
    for (const at of range(clear, p.past + (block + 1) * p.BM, p.BN)) {
      state = withKeys(p, kvHead, at, state, (key) => {
        const index = row(at + arange(0, p.BN));
        let seen = index <= col(last);
        if (p.SLIDES) seen = seen && index > col(last - p.reach);
        return where(seen, scoresOf(p, query, key), -Infinity);
      });
    }
    leaveRows(p, head, rows, 0, p.queries, state);
  },
  { defaults: { warps: 4, stages: 2, alignment: "required", divisible: ["q", "keys", "values", "out", "outRow"] } },
);

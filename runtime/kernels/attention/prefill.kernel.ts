import {
  arange,
  type Const,
  col,
  type Descriptor,
  dot,
  exp2,
  type F32,
  floorDiv,
  full,
  type Int,
  kernel,
  loadTensorDescriptor,
  max,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
  range,
  reshape,
  row,
  store,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { capped } from "../epilogue.js";
import { absorb } from "./softmax.js";

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
    let top = full([p.BM], -Infinity, "f32");
    let weight = zeros([p.BM], "f32");
    let acc = zeros([p.BM, p.DP], "f32");
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
      top = full([p.BM], -1e30, "f32");
      for (const at of range(oldest, masked, p.BN)) {
        const key = reshape(loadTensorDescriptor(p.keys, [at, kvHead, 0]), [p.BN, p.DP]);
        const index = row(at + arange(0, p.BN));
        const score = where(index > col(last - p.reach), capped(dot(query, trans(key)), p.cap, p.CAP), -Infinity);
        const value = reshape(loadTensorDescriptor(p.values, [at, kvHead, 0]), [p.BN, p.DP]);
        const newTop = maximum(top, max(score, 1));
        const weights = exp2(score - col(newTop));
        [weight, acc] = absorb(weights, to(weights, "bf16"), value, top, newTop, weight, acc);
        top = newTop;
      }
      from = maximum(oldest, masked);
    }
    for (const at of range(from, clear, p.BN)) {
      const key = reshape(loadTensorDescriptor(p.keys, [at, kvHead, 0]), [p.BN, p.DP]);
      const score = capped(dot(query, trans(key)), p.cap, p.CAP);
      const value = reshape(loadTensorDescriptor(p.values, [at, kvHead, 0]), [p.BN, p.DP]);
      const newTop = maximum(top, max(score, 1));
      const weights = exp2(score - col(newTop));
      [weight, acc] = absorb(weights, to(weights, "bf16"), value, top, newTop, weight, acc);
      top = newTop;
    }
    for (const at of range(clear, p.past + (block + 1) * p.BM, p.BN)) {
      const key = reshape(loadTensorDescriptor(p.keys, [at, kvHead, 0]), [p.BN, p.DP]);
      const index = row(at + arange(0, p.BN));
      let seen = index <= col(last);
      if (p.SLIDES) seen = seen && index > col(last - p.reach);
      const score = where(seen, capped(dot(query, trans(key)), p.cap, p.CAP), -Infinity);
      const value = reshape(loadTensorDescriptor(p.values, [at, kvHead, 0]), [p.BN, p.DP]);
      const newTop = maximum(top, max(score, 1));
      const weights = exp2(score - col(newTop));
      [weight, acc] = absorb(weights, to(weights, "bf16"), value, top, newTop, weight, acc);
      top = newTop;
    }
    const column = row(arange(0, p.DP));
    store(p.out + col(rows) * p.outRow + head * p.D + column, to(acc / col(weight), "bf16"), {
      mask: col(rows) < p.queries && column < p.D,
    });
  },
  { defaults: { warps: 4, stages: 2, alignment: "required", divisible: ["q", "keys", "values", "out", "outRow"] } },
);

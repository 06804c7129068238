import {
  arange,
  type Const,
  col,
  dot,
  exp2,
  type F32,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  max,
  maximum,
  minimum,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { keysPerSplit } from "./combine.js";
import { rotate } from "./rotary.js";
import { GPU_TILES, HEADS } from "./tiles.js";

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split) serves all G query heads of its
 * KV head with one read of K and V. Keys come from the cache without positions and are rotated on the fly, the query at `position`.
 * Gives each split's unnormalised sum of values [query heads, SPLITS, D], its largest score in base 2 and the sum of its weights
 * [query heads, SPLITS]; `decodeAttentionOut` combines them. Splits without keys write nothing.
 */
export const decodeAttention = kernel(
  ({
    q,
    keys,
    values,
    cosine,
    sine,
    position,
    partial,
    peak,
    total,
    scale,
    kvHeads,
    G,
    GP,
    D,
    HALF,
    SPLITS,
    BN,
  }: {
    q: Ptr<"f32">;
    keys: Ptr<"bf16">;
    values: Ptr<"bf16">;
    cosine: Ptr<"f32">;
    sine: Ptr<"f32">;
    position: Ptr<"i32">;
    partial: Ptr<"f32">;
    peak: Ptr<"f32">;
    total: Ptr<"f32">;
    scale: F32;
    kvHeads: Int;
    /** Query heads of a KV head, and the power of two above that dot takes. */
    G: Const<"G">;
    GP: Const<"GP">;
    D: Const<"D">;
    HALF: Const<"HALF">;
    SPLITS: Const<"SPLITS">;
    BN: Const<"BN">;
  }) => {
    const kvHead = programId(0);
    const split = programId(1);
    const half = arange(0, HALF);
    const whole = arange(0, D);
    const group = arange(0, GP);
    const head = kvHead * G + group;
    gdcWait();
    gdcLaunchDependents();
    const now = load(position);
    const length = now + 1;
    const share = keysPerSplit(length, SPLITS, BN);
    const start = split * share;
    const end = minimum(start + share, length);
    if (start < length) {
      const mine = group < G;
      const at = q + col(head) * D + row(half);
      const queryFirst = load(at, { mask: col(mine), other: 0 }) * scale;
      const querySecond = load(at + HALF, { mask: col(mine), other: 0 }) * scale;
      const [first, second] = rotate(queryFirst, querySecond, cosine, sine, now * HALF + row(half), row(half) < HALF);
      const q1 = to(first, "bf16");
      const q2 = to(second, "bf16");
      let top = full([GP], -Infinity, "f32");
      let weight = zeros([GP], "f32");
      let sumOfValues = zeros([GP, D], "f32");
      for (const from of range(start, end, BN)) {
        const token = from + arange(0, BN);
        const inside = token < end;
        const key = keys + (col(token) * kvHeads + kvHead) * D;
        const key1 = to(load(key + row(half), { mask: col(inside), other: 0 }), "f32");
        const key2 = to(load(key + HALF + row(half), { mask: col(inside), other: 0 }), "f32");
        const [k1, k2] = rotate(key1, key2, cosine, sine, col(token) * HALF + row(half), col(inside));
        const partialScore = dot(q1, trans(to(k1, "bf16")));
        const allScores = dot(q2, trans(to(k2, "bf16")), { acc: partialScore });
        const score = where(row(inside), allScores, -Infinity);
        const newTop = maximum(top, max(score, 1));
        const keep = exp2(top - newTop);
        const p = exp2(score - col(newTop));
        const value = load(values + (col(token) * kvHeads + kvHead) * D + row(whole), { mask: col(inside), other: 0 });
        sumOfValues = dot(to(p, "bf16"), value, { acc: sumOfValues * col(keep) });
        weight = weight * keep + sum(p, 1);
        top = newTop;
      }
      const cell = head * SPLITS + split;
      store(partial + col(cell) * D + row(whole), sumOfValues, { mask: col(mine) });
      store(peak + cell, top, { mask: mine });
      store(total + cell, weight, { mask: mine });
    }
  },
  {
    builds: [
      {
        constants: { G: HEADS.G, GP: HEADS.GP, D: HEADS.D, HALF: HEADS.HALF, ...GPU_TILES.attention },
        warps: 4,
        stages: 2,
        pdl: true,
        alignment: "required",
        divisible: ["q", "keys", "values", "cosine", "sine", "position", "partial", "peak", "total"],
      },
    ],
  },
);

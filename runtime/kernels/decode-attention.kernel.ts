import {
  arange,
  atomicAdd,
  type Const,
  cdiv,
  col,
  debugBarrier,
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
  staticRange,
  store,
  sum,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { rotate } from "./rotary.js";
import { GPU_TILES, HEADS } from "./tiles.js";

/** Attention of one head from its splits: each split's sum is rescaled to the largest score of all. */
function combineSplits(
  partial: Ptr<"f32">,
  peak: Ptr<"f32">,
  total: Ptr<"f32">,
  out: Ptr<"f32">,
  head: number,
  used: number,
  SPLITS: number,
  D: number,
) {
  const split = arange(0, SPLITS);
  const whole = arange(0, D);
  const there = split < used;
  const cell = head * SPLITS + split;
  // Other programs wrote these: past L1.
  const top = load(peak + cell, { mask: there, other: -Infinity, cache: "cg" });
  const share = exp2(top - max(top, 0));
  const weight = sum(share * load(total + cell, { mask: there, other: 0, cache: "cg" }), 0);
  const values = load(partial + col(cell) * D + row(whole), { mask: col(there), other: 0, cache: "cg" });
  store(out + head * D + whole, sum(values * col(share), 0) / weight);
}

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split) serves all G query heads of its
 * KV head with one read of K and V. Keys come from the cache without positions and are rotated on the fly, the query at `position`.
 * `out` is f32 [query heads · D]. Splits share the keys out evenly, in whole blocks of BN; each leaves its unnormalised sum of values
 * [query heads, SPLITS, D], its largest score in base 2 and the sum of its weights [query heads, SPLITS], and the program that finishes
 * last for its KV head combines them. `finished` [KV heads] counts programs; it is zero between launches.
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
    finished,
    out,
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
    finished: Ptr<"i32">;
    out: Ptr<"f32">;
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
    const share = cdiv(cdiv(length, SPLITS), BN) * BN;
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
      const used = cdiv(length, share);
      if (used === 1) {
        store(out + col(head) * D + row(whole), sumOfValues / col(weight), { mask: col(mine) });
      } else {
        const cell = head * SPLITS + split;
        store(partial + col(cell) * D + row(whole), sumOfValues, { mask: col(mine) });
        store(peak + cell, top, { mask: mine });
        store(total + cell, weight, { mask: mine });
        // All threads' stores come before the count that publishes them.
        debugBarrier();
        if (atomicAdd(finished + kvHead, 1) === used - 1) {
          for (const member of staticRange(G))
            combineSplits(partial, peak, total, out, kvHead * G + member, used, SPLITS, D);
          store(finished + kvHead, 0);
        }
      }
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
        divisible: ["q", "keys", "values", "cosine", "sine", "position", "partial", "peak", "total", "finished", "out"],
      },
    ],
  },
);

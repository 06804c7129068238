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
  floorDiv,
  full,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  max,
  maximum,
  minimum,
  numPrograms,
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
import { combineSplits } from "./combine.js";
import { capped } from "./epilogue.js";
import { rotate, turned } from "./rotary.js";

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split) serves all G query heads of its
 * KV head with one read of K and V. Keys come from the cache without positions. Scores depend on distances alone, so a block's keys are rotated
 * by their place in it, whose angles stay in registers, and the query by its distance from the block: no table is read along with the keys.
 * `out` is f32 [query heads · D]. Splits share the last `reach` keys out in whole blocks of BN; the program that finishes last
 * for its KV head combines them (combine.ts). `finished` [KV heads] counts programs; it is zero between launches.
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
    cap,
    kvHeads,
    rotaryRow,
    reach,
    G,
    GM,
    GP,
    D,
    DP,
    HALF,
    HALFP,
    SPLITS,
    PART,
    BN,
    CAP,
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
    /** log2(e) times what q · k is multiplied by: scores are in base 2. So is the cap. */
    scale: F32;
    cap: F32;
    kvHeads: Int;
    /** From a position's angles to the next one's; 0 in a layer that does not rotate. */
    rotaryRow: Int;
    /** Keys that the token sees at the most, itself included. */
    reach: Int;
    /** Query heads of a KV head, and powers of two that hold them: the second one as many rows as a product must have. */
    G: Const<"G">;
    GM: Const<"GM">;
    GP: Const<"GP">;
    D: Const<"D">;
    DP: Const<"DP">;
    HALF: Const<"HALF">;
    HALFP: Const<"HALFP">;
    SPLITS: Const<"SPLITS">;
    PART: Const<"PART">;
    BN: Const<"BN">;
    CAP: Const<"CAP", boolean>;
  }) => {
    const kvHead = programId(0);
    const split = programId(1);
    const half = row(arange(0, HALFP));
    const whole = row(arange(0, DP));
    const group = arange(0, GP);
    const head = kvHead * G + group;
    const used = half < HALF;
    const place = col(arange(0, BN)) * rotaryRow + half;
    const keyCosine = load(cosine + place, { mask: used, other: 0 });
    const keySine = load(sine + place, { mask: used, other: 0 });
    gdcWait();
    gdcLaunchDependents();
    const now = load(position);
    const first = maximum(0, now + 1 - reach);
    const blocks = cdiv(now + 1 - first, BN);
    const splits = minimum(numPrograms(1), blocks);
    if (split < splits) {
      const start = first + floorDiv(split * blocks, splits) * BN;
      const end = minimum(first + floorDiv((split + 1) * blocks, splits) * BN, now + 1);
      const mine = group < G;
      const at = q + col(head) * D + half;
      const there = col(mine) && used;
      const query1 = load(at, { mask: there, other: 0 }) * scale;
      const query2 = load(at + HALF, { mask: there, other: 0 }) * scale;
      let top = full([GP], -Infinity, "f32");
      let weight = zeros([GP], "f32");
      let sumOfValues = zeros([GP, DP], "f32");
      for (const from of range(start, end, BN)) {
        const [turned1, turned2] = rotate(query1, query2, cosine, sine, (now - from) * rotaryRow + half, used);
        const token = from + arange(0, BN);
        const inside = token < end;
        // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
        const cell = col((to(token, "i64") * kvHeads + kvHead) * D);
        const seen = col(inside) && used;
        const key1 = to(load(keys + cell + half, { mask: seen, other: 0 }), "f32");
        const key2 = to(load(keys + cell + HALF + half, { mask: seen, other: 0 }), "f32");
        const [k1, k2] = turned(key1, key2, keyCosine, keySine);
        const partialScore = dot(to(turned1, "bf16"), trans(to(k1, "bf16")));
        const allScores = capped(dot(to(turned2, "bf16"), trans(to(k2, "bf16")), { acc: partialScore }), cap, CAP);
        const score = where(row(inside), allScores, -Infinity);
        const newTop = maximum(top, max(score, 1));
        const keep = exp2(top - newTop);
        const p = exp2(score - col(newTop));
        const value = load(values + cell + whole, { mask: col(inside) && whole < D, other: 0 });
        sumOfValues = dot(to(p, "bf16"), value, { acc: sumOfValues * col(keep) });
        weight = weight * keep + sum(p, 1);
        top = newTop;
      }
      const stored = col(mine) && whole < D;
      if (splits === 1) {
        store(out + col(head) * D + whole, sumOfValues / col(weight), { mask: stored });
      } else {
        const cell = head * SPLITS + split;
        store(partial + col(cell) * D + whole, sumOfValues, { mask: stored });
        store(peak + cell, top, { mask: mine });
        store(total + cell, weight, { mask: mine });
        // All threads' stores come before the count that publishes them.
        debugBarrier();
        if (atomicAdd(finished + kvHead, 1) === splits - 1) {
          combineSplits(partial, peak, total, out, kvHead * G, splits, G, GM, SPLITS, PART, D, DP);
          store(finished + kvHead, 0);
        }
      }
    }
  },
  {
    defaults: {
      warps: 4,
      stages: 2,
      pdl: true,
      alignment: "required",
      divisible: ["q", "keys", "values", "cosine", "sine", "position", "partial", "peak", "total", "finished", "out"],
    },
  },
);

import {
  arange,
  type Const,
  cdiv,
  col,
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
  sum,
  to,
  trans,
  where,
  zeros,
} from "tilescript";
import { capped } from "../epilogue.js";
import { leave } from "./combine.js";
import { rotate, turned } from "./rotary.js";

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split) serves all G query heads of its
 * KV head with one read of K and V. Keys come from the cache without positions. Scores depend on distances alone, so a block's keys are rotated
 * by their place in it, whose angles stay in registers, and the query by its distance from the block: no table is read along with the keys.
 * `out` is f32 [query heads · D]. Splits share the last `reach` keys out in whole blocks of BN; the program that finishes last
 * for its KV head combines them (combine.ts). `finished` [KV heads] counts programs; it is zero between launches.
 */
export const decodeAttention = kernel(
  (p: {
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
    const half = row(arange(0, p.HALFP));
    const whole = row(arange(0, p.DP));
    const group = arange(0, p.GP);
    const head = kvHead * p.G + group;
    const used = half < p.HALF;
    const place = col(arange(0, p.BN)) * p.rotaryRow + half;
    const keyCosine = load(p.cosine + place, { mask: used, other: 0 });
    const keySine = load(p.sine + place, { mask: used, other: 0 });
    gdcWait();
    gdcLaunchDependents();
    const now = load(p.position);
    const first = maximum(0, now + 1 - p.reach);
    const blocks = cdiv(now + 1 - first, p.BN);
    const splits = minimum(numPrograms(1), blocks);
    if (split < splits) {
      const start = first + floorDiv(split * blocks, splits) * p.BN;
      const end = minimum(first + floorDiv((split + 1) * blocks, splits) * p.BN, now + 1);
      const mine = group < p.G;
      const at = p.q + col(head) * p.D + half;
      const there = col(mine) && used;
      const query1 = load(at, { mask: there, other: 0 }) * p.scale;
      const query2 = load(at + p.HALF, { mask: there, other: 0 }) * p.scale;
      let top = full([p.GP], -Infinity, "f32");
      let weight = zeros([p.GP], "f32");
      let sumOfValues = zeros([p.GP, p.DP], "f32");
      for (const from of range(start, end, p.BN)) {
        const [turned1, turned2] = rotate(query1, query2, p.cosine, p.sine, (now - from) * p.rotaryRow + half, used);
        const token = from + arange(0, p.BN);
        const inside = token < end;
        // In 64 bits: a cache of millions of tokens has more elements than 31 bits count.
        const cell = col((to(token, "i64") * p.kvHeads + kvHead) * p.D);
        const seen = col(inside) && used;
        const key1 = to(load(p.keys + cell + half, { mask: seen, other: 0 }), "f32");
        const key2 = to(load(p.keys + cell + p.HALF + half, { mask: seen, other: 0 }), "f32");
        const [k1, k2] = turned(key1, key2, keyCosine, keySine);
        const partialScore = dot(to(turned1, "bf16"), trans(to(k1, "bf16")));
        const allScores = capped(dot(to(turned2, "bf16"), trans(to(k2, "bf16")), { acc: partialScore }), p.cap, p.CAP);
        const score = where(row(inside), allScores, -Infinity);
        const newTop = maximum(top, max(score, 1));
        const keep = exp2(top - newTop);
        const weights = exp2(score - col(newTop));
        const value = load(p.values + cell + whole, { mask: col(inside) && whole < p.D, other: 0 });
        sumOfValues = dot(to(weights, "bf16"), value, { acc: sumOfValues * col(keep) });
        weight = weight * keep + sum(weights, 1);
        top = newTop;
      }
      leave(p, { kvHead, head, mine, split, splits }, { top, weight, sumOfValues });
    }
  },
  { defaults: { warps: 4, stages: 2, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

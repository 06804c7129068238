import {
  type Const,
  cdiv,
  type F32,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  type Int,
  kernel,
  load,
  maximum,
  minimum,
  numPrograms,
  type Ptr,
  programId,
} from "tilescript";
import { anglesOfBlock, attend } from "./attend.js";
import { leave } from "./combine.js";

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split). `out` is f32 [query heads · D]. Splits
 * share the last `reach` keys out in whole blocks of BN; the program that finishes last for its KV head combines them (combine.ts). `finished`
 * [KV heads] counts programs; it is zero between launches.
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
    const angles = anglesOfBlock(p);
    gdcWait();
    gdcLaunchDependents();
    const now = load(p.position);
    const first = maximum(0, now + 1 - p.reach);
    const blocks = cdiv(now + 1 - first, p.BN);
    const splits = minimum(numPrograms(1), blocks);
    if (split < splits) {
      const start = first + floorDiv(split * blocks, splits) * p.BN;
      const end = minimum(first + floorDiv((split + 1) * blocks, splits) * p.BN, now + 1);
      leave(
        p,
        { kvHead, split, splits, before: 0 },
        attend(p, kvHead, start, end, now, angles, (index) => index),
      );
    }
  },
  { defaults: { warps: 4, stages: 2, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

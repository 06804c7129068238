import {
  arange,
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
  range,
} from "tilescript";
import {
  angleOf,
  anglesOfBlock,
  BELOW_ALL,
  blockAt,
  nothingSeen,
  ownAt,
  queryHalves,
  withBlock,
  withOwn,
} from "./attend.js";
import { leave } from "./combine.js";

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split). `out` is f32 [query heads · D]. Splits
 * share the last `reach` keys out in whole blocks of BN, of which one split takes all up to SOLO; the program that finishes last for its KV head combines them (combine.ts). `finished`
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
    SOLO: Const<"SOLO">;
    BN: Const<"BN">;
    CAP: Const<"CAP", boolean>;
  }) => {
    const kvHead = programId(0);
    const split = programId(1);
    // Nothing moves it on within a step.
    const now = load(p.position);
    const first = maximum(0, now + 1 - p.reach);
    const blocks = cdiv(now + 1 - first, p.BN);
    let splits = minimum(numPrograms(1), blocks);
    if (blocks <= p.SOLO) splits = 1;
    // What has nothing to do is gone before it is waited for.
    if (split < splits) {
      const start = first + floorDiv(split * blocks, splits) * p.BN;
      const end = minimum(first + floorDiv((split + 1) * blocks, splits) * p.BN, now + 1);
      // The step's own key is the last of all. The others of the first block, and all angles, are on their way before the wait.
      const [others, mine] = [minimum(end, now), end > now];
      const angles = anglesOfBlock(p);
      const turn = angleOf(p, now - start);
      const index = start + arange(0, p.BN);
      const early = blockAt(p, kvHead, index, index < others);
      gdcWait();
      gdcLaunchDependents();
      const queries = queryHalves(p, kvHead);
      const own = ownAt(p, kvHead, now, mine);
      const nothing = nothingSeen(p, BELOW_ALL);
      let [top, weight, sumOfValues] = withBlock(p, queries, early, angles, turn, index < others, nothing);
      for (const from of range(start + p.BN, others, p.BN, { numStages: p.DP > 128 ? 2 : 3 })) {
        const at = from + arange(0, p.BN);
        const next = blockAt(p, kvHead, at, at < others);
        const [further, state] = [angleOf(p, now - from), [top, weight, sumOfValues] as const];
        [top, weight, sumOfValues] = withBlock(p, queries, next, angles, further, at < others, state);
      }
      [top, weight, sumOfValues] = withOwn(p, queries, own, turn, mine, [top, weight, sumOfValues]);
      leave(p, { kvHead, split, splits, before: 0 }, { top, weight, sumOfValues });
    }
  },
  { defaults: { warps: 4, stages: 2, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

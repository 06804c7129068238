import {
  arange,
  type Const,
  cdiv,
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
import {
  alongKeys,
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
import { type CombiningTiles, type Finishing, leave } from "./combine.js";

/**
 * Attention of one new token over the cache, split over keys (flash decoding): program (KV head, split). Splits
 * share the last `reach` keys out in whole blocks of BN, of which one split takes all up to SOLO; the program that finishes last for its KV head combines them (combine.ts).
 */
export const decodeAttention = kernel(
  (
    p: {
      q: Ptr<"f32">;
      keys: Ptr<"bf16">;
      values: Ptr<"bf16">;
      cosine: Ptr<"f32">;
      sine: Ptr<"f32">;
    } & Finishing & {
        kvHeads: Int;
        /** From a position's angles to the next one's; 0 in a layer that does not rotate. */
        rotaryRow: Int;
        /** Keys that the token sees at the most, itself included. */
        reach: Int;
        SOLO: Const<"SOLO">;
      } & CombiningTiles,
  ) => {
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
      const begun = withBlock(p, queries, early, angles, turn, index < others, nothing);
      const next = start + p.BN;
      const all = alongKeys(p, kvHead, queries, next, others, now, angles, (index) => index, begun);
      const [top, weight, sumOfValues] = withOwn(p, queries, own, turn, mine, all);
      leave(p, { kvHead, split, splits, before: 0 }, { top, weight, sumOfValues });
    }
  },
  { defaults: { warps: 4, stages: 2, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

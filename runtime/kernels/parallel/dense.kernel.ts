import {
  arange,
  atomicAdd,
  type Const,
  cdiv,
  col,
  debugBarrier,
  exp2,
  type F32,
  floorDiv,
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
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { angleOf, anglesOfBlock, blockAt, nothingSeen, queryHalves, withBlock } from "../attention/attend.js";
import { type CombiningTiles, leavePart, type Parts } from "../attention/combine.js";
import { positionOf } from "./dealt.js";

/*
 * A token's attention to all before it where the cache is dealt: each rank attends to the tokens that it owns, and leaves of each head the
 * unnormalised sum of their values, its largest score in base 2 and the sum of its weights; who has those of all ranks combines them, in the order of
 * ranks, so that all have the same bits.
 */

/** What a split's largest score and those of others are worth beside the largest of all: nothing where there was no key. */
const worth = (peak: Tile, top: Tile) => where(peak > -Infinity, exp2(peak - top), 0);

/**
 * One rank's part, program (KV head, split): splits share out the slots that it owns, in whole blocks of BN, which lie in one block of the cache. Keys and
 * values are where all ranks' are, at their positions, and those of this rank in its own memory. `share` f32 [heads · D + 2 · heads]: sums, then the
 * largest scores, −∞ of a rank that owns nothing yet, then the weights. `owned` i32 [1]: tokens that it owns, of `position` + 1.
 */
export const decodeShare = kernel(
  (
    p: {
      q: Ptr<"f32">;
      keys: Ptr<"bf16">;
      values: Ptr<"bf16">;
      cosine: Ptr<"f32">;
      sine: Ptr<"f32">;
      position: Ptr<"i32">;
      owned: Ptr<"i32">;
      share: Ptr<"f32">;
      /** [KV heads]: programs that have ended; zero between launches. */
      finished: Ptr<"i32">;
      scale: F32;
      cap: F32;
      kvHeads: Int;
      rotaryRow: Int;
      rank: Int;
      ranks: Int;
      block: Int;
    } & Parts &
      CombiningTiles,
  ) => {
    const kvHead = programId(0);
    const split = programId(1);
    const angles = anglesOfBlock(p);
    gdcWait();
    gdcLaunchDependents();
    const now = load(p.position);
    const owned = load(p.owned);
    const blocks = cdiv(owned, p.BN);
    const splits = maximum(minimum(numPrograms(1), blocks), 1);
    if (split < splits) {
      const start = floorDiv(split * blocks, splits) * p.BN;
      const end = minimum(floorDiv((split + 1) * blocks, splits) * p.BN, owned);
      const queries = queryHalves(p, kvHead);
      let [top, weight, sumOfValues] = nothingSeen(p);
      for (const from of range(start, end, p.BN, { numStages: 3 })) {
        const first = positionOf(p, from);
        const inside = from + arange(0, p.BN) < end;
        const some = blockAt(p, kvHead, first + arange(0, p.BN), inside);
        const [turn, state] = [angleOf(p, now - first), [top, weight, sumOfValues] as const];
        [top, weight, sumOfValues] = withBlock(p, queries, some, angles, turn, inside, state);
      }
      leavePart(p, kvHead, split, { top, weight, sumOfValues });
      // All threads' stores come before the count that publishes them.
      debugBarrier();
      if (atomicAdd(p.finished + kvHead, 1) === splits - 1) {
        const member = col(arange(0, p.GM));
        const column = row(arange(0, p.DP));
        const each = row(arange(0, p.SPLITS));
        const heads = p.kvHeads * p.G;
        const cell = (kvHead * p.G + member) * p.SPLITS;
        const there = member < p.G && each < splits;
        // Other programs wrote these: past L1.
        const peaks = load(p.peak + cell + each, { mask: there, other: -Infinity, cache: "cg" });
        const totals = load(p.total + cell + each, { mask: there, other: 0, cache: "cg" });
        const best = col(max(peaks, 1));
        const all = col(sum(worth(peaks, best) * totals, 1));
        let sums = zeros([p.GM, p.DP], "f32");
        for (const other of range(splits)) {
          const mask = member < p.G && column < p.D;
          const part = load(p.partial + (cell + other) * p.D + column, { mask, other: 0, cache: "cg" });
          const peak = load(p.peak + cell + other, { mask: member < p.G, other: -Infinity, cache: "cg" });
          sums += part * worth(peak, best);
        }
        const head = kvHead * p.G + member;
        store(p.share + head * p.D + column, sums, { mask: member < p.G && column < p.D });
        store(p.share + heads * p.D + head, best, { mask: member < p.G });
        store(p.share + heads * (p.D + 1) + head, all, { mask: member < p.G });
        store(p.finished + kvHead, 0);
      }
    }
  },
  { defaults: { warps: 4, stages: 2, pdl: true, alignment: "required", divisible: ["pointers"] } },
);

/** Attention of a head from all ranks' shares, [ranks, room]: `out` f32 [heads · D]. Program (head). */
export const combineShares = kernel(
  (p: {
    shares: Ptr<"f32">;
    out: Ptr<"f32">;
    heads: Int;
    ranks: Int;
    room: Int;
    D: Const<"D">;
    DP: Const<"DP">;
    /** A power of two that holds the ranks. */
    RP: Const<"RP">;
  }) => {
    const head = programId(0);
    const rank = arange(0, p.RP);
    const column = arange(0, p.DP);
    const there = rank < p.ranks;
    const peaks = load(p.shares + rank * p.room + p.heads * p.D + head, { mask: there, other: -Infinity });
    const totals = load(p.shares + rank * p.room + p.heads * (p.D + 1) + head, { mask: there, other: 0 });
    const at = col(rank) * p.room + head * p.D + row(column);
    const sums = load(p.shares + at, { mask: col(there) && row(column) < p.D, other: 0 });
    const share = worth(peaks, to(max(peaks, 0), "f32"));
    const weight = sum(share * totals, 0);
    store(p.out + head * p.D + column, sum(sums * col(share), 0) / weight, { mask: column < p.D });
  },
  { defaults: { warps: 2, stages: 1, alignment: "required", divisible: ["pointers", "room"] } },
);

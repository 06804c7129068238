import {
  arange,
  atomicAdd,
  type Const,
  col,
  debugBarrier,
  exp2,
  expandDims,
  type F32,
  load,
  max,
  maximum,
  type Ptr,
  range,
  reshape,
  row,
  staticRange,
  store,
  sum,
  type Tile,
  where,
  zeros,
} from "tilescript";
import type { HeadTiles } from "./attend.js";

/*
 * Attention whose keys are split among programs (flash decoding): each leaves the unnormalised sum of its values `partial`
 * [query heads, SPLITS, D], its largest score in base 2 `peak` and the sum of its weights `total` [query heads, SPLITS].
 */

/** What a split leaves its part in. */
export interface Parts {
  partial: Ptr<"f32">;
  peak: Ptr<"f32">;
  total: Ptr<"f32">;
}

/** The same for the program that finishes last, which leaves all of it in `out` [query heads · D]. */
export interface Finishing {
  position: Ptr<"i32">;
  partial: Ptr<"f32">;
  peak: Ptr<"f32">;
  total: Ptr<"f32">;
  /** [KV heads]: programs that have ended; zero between launches. */
  finished: Ptr<"i32">;
  out: Ptr<"f32">;
  /** log2(e) times what q · k is multiplied by: scores are in base 2. So is the cap. */
  scale: F32;
  cap: F32;
}

/** Tiles of a kernel that combines splits. */
export interface CombiningTiles extends HeadTiles {
  /** A power of two that holds G, and splits that are combined at a time. */
  GM: Const<"GM">;
  PART: Const<"PART">;
}

type Splits = Pick<Finishing, "partial" | "peak" | "total" | "out"> & CombiningTiles;

/** What PART splits from `from` on have left: their largest scores [GM, PART] and the sums of their values [GM, PART, DP]. */
function partAt(p: Splits, first: number, from: number, used: number): [Tile, Tile] {
  const member = col(arange(0, p.GM));
  const split = from + row(arange(0, p.PART));
  const there = member < p.G && split < used;
  const cell = (first + member) * p.SPLITS + split;
  const column = reshape(arange(0, p.DP), [1, 1, p.DP]);
  const mask = expandDims(there, 2) && column < p.D;
  return [
    load(p.peak + cell, { mask: there, other: -Infinity, cache: "cg" }),
    load(p.partial + expandDims(cell, 2) * p.D + column, { mask, other: 0, cache: "cg" }),
  ];
}

/**
 * Attention of a group's heads from their splits: each split's sum is rescaled to the largest score of all. All that is loaded at first is
 * loaded together, so that the wait for memory is one; PART splits at a time are what the registers hold.
 */
function combineSplits(p: Splits, first: number, used: number) {
  const member = col(arange(0, p.GM));
  const split = row(arange(0, p.SPLITS));
  const there = member < p.G && split < used;
  const cell = (first + member) * p.SPLITS + split;
  // Other programs wrote these: past L1.
  const peaks = load(p.peak + cell, { mask: there, other: -Infinity, cache: "cg" });
  const totals = load(p.total + cell, { mask: there, other: 0, cache: "cg" });
  const [peak, part] = partAt(p, first, 0, used);
  const top = col(max(peaks, 1));
  // Chosen from, the product is not fused with the first addition, which would leave threads with sums that differ in their last bits.
  const weight = col(sum(where(there, exp2(peaks - top) * totals, 0), 1));
  let values = sum(part * expandDims(exp2(peak - top), 2), 1);
  if (p.PART < p.SPLITS) {
    for (const from of range(p.PART, used, p.PART)) {
      const [nextPeak, nextPart] = partAt(p, first, from, used);
      values += sum(nextPart * expandDims(exp2(nextPeak - top), 2), 1);
    }
  }
  const column = row(arange(0, p.DP));
  store(p.out + (first + member) * p.D + column, values / weight, { mask: member < p.G && column < p.D });
}

/** Splits that a thread combines by itself for its element: a short context has no more. */
const FEW = 8;

/** The same of up to FEW splits: threads have nothing to tell each other, so that they wait for memory once and for nothing else. */
function combineFew(p: Splits, first: number, used: number) {
  const member = col(arange(0, p.GM));
  const column = row(arange(0, p.DP));
  const mine = member < p.G;
  const cell = (first + member) * p.SPLITS;
  const peaks = Array.from({ length: FEW }, (_, split) =>
    load(p.peak + cell + split, { mask: mine && split < used, other: -Infinity, cache: "cg" }),
  );
  const totals = Array.from({ length: FEW }, (_, split) =>
    load(p.total + cell + split, { mask: mine && split < used, other: 0, cache: "cg" }),
  );
  const sums = Array.from({ length: FEW }, (_, split) =>
    load(p.partial + (cell + split) * p.D + column, {
      mask: mine && column < p.D && split < used,
      other: 0,
      cache: "cg",
    }),
  );
  let top = peaks[0]!;
  for (const split of staticRange(1, FEW)) top = maximum(top, peaks[split]!);
  let weight = zeros([p.GM, 1], "f32");
  let values = zeros([p.GM, p.DP], "f32");
  for (const split of staticRange(FEW)) {
    const share = exp2(peaks[split]! - top);
    weight += share * totals[split]!;
    values += share * sums[split]!;
  }
  store(p.out + (first + member) * p.D + column, values / weight, { mask: mine && column < p.D });
}

/** Which split a program has, of how many that there are `before` others of, whose programs have ended. */
interface Own {
  kvHead: number;
  split: number;
  splits: number;
  before: number;
}

/** What it made of them. `weight` is the sum of all weights relative to the largest score, `top`. */
interface Attended {
  top: Tile;
  weight: Tile;
  sumOfValues: Tile;
}

/** Leaves a split's sum, largest score and weights for the program that combines all splits. */
export function leavePart(p: Parts & HeadTiles, kvHead: number, split: number, attended: Attended) {
  const group = arange(0, p.GP);
  const column = row(arange(0, p.DP));
  const cell = (kvHead * p.G + group) * p.SPLITS + split;
  store(p.partial + col(cell) * p.D + column, attended.sumOfValues, { mask: col(group < p.G) && column < p.D });
  store(p.peak + cell, attended.top, { mask: group < p.G });
  store(p.total + cell, attended.weight, { mask: group < p.G });
}

/** Writes the attention of a program's heads: its only split's, or its split's beside the others', which the last program of the heads combines. */
export function leave(
  p: Splits & { finished: Ptr<"i32"> },
  { kvHead, split, splits, before }: Own,
  attended: Attended,
) {
  if (before + splits === 1) {
    const group = arange(0, p.GP);
    const column = row(arange(0, p.DP));
    const at = p.out + col(kvHead * p.G + group) * p.D + column;
    store(at, attended.sumOfValues / col(attended.weight), { mask: col(group < p.G) && column < p.D });
  } else {
    leavePart(p, kvHead, before + split, attended);
    // All threads' stores come before the count that publishes them.
    debugBarrier();
    if (atomicAdd(p.finished + kvHead, 1) === splits - 1) {
      const [first, used] = [kvHead * p.G, before + splits];
      if (p.SPLITS > FEW && used <= FEW) combineFew(p, first, used);
      else combineSplits(p, first, used);
      store(p.finished + kvHead, 0);
    }
  }
}

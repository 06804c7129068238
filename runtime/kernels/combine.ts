import {
  arange,
  col,
  exp2,
  expandDims,
  load,
  max,
  type Ptr,
  range,
  reshape,
  row,
  store,
  sum,
  type Tile,
  where,
  zeros,
} from "tilescript";

/*
 * Attention whose keys are split among programs (flash decoding): each leaves the unnormalised sum of its values `partial`
 * [query heads, SPLITS, D], its largest score in base 2 `peak` and the sum of its weights `total` [query heads, SPLITS].
 */

/** The values of PART splits from `from` on, by their shares, summed: [GM, DP]. */
function partOfSum(
  partial: Ptr<"f32">,
  peak: Ptr<"f32">,
  top: Tile,
  first: number,
  from: number,
  used: number,
  G: number,
  GM: number,
  SPLITS: number,
  PART: number,
  D: number,
  DP: number,
) {
  const member = col(arange(0, GM));
  const split = from + row(arange(0, PART));
  const there = member < G && split < used;
  const cell = (first + member) * SPLITS + split;
  const share = exp2(load(peak + cell, { mask: there, other: -Infinity, cache: "cg" }) - top);
  const column = reshape(arange(0, DP), [1, 1, DP]);
  const at = expandDims(cell, 2) * D + column;
  const values = load(partial + at, { mask: expandDims(there, 2) && column < D, other: 0, cache: "cg" });
  return sum(values * expandDims(share, 2), 1);
}

/**
 * Attention of a group's heads from their splits: each split's sum is rescaled to the largest score of all. All heads take each step
 * together, so that the wait for memory is one; PART splits at a time are what the registers hold.
 */
export function combineSplits(
  partial: Ptr<"f32">,
  peak: Ptr<"f32">,
  total: Ptr<"f32">,
  out: Ptr<"f32">,
  first: number,
  used: number,
  G: number,
  GM: number,
  SPLITS: number,
  PART: number,
  D: number,
  DP: number,
) {
  const member = col(arange(0, GM));
  const split = row(arange(0, SPLITS));
  const there = member < G && split < used;
  const cell = (first + member) * SPLITS + split;
  // Other programs wrote these: past L1.
  const peaks = load(peak + cell, { mask: there, other: -Infinity, cache: "cg" });
  const totals = load(total + cell, { mask: there, other: 0, cache: "cg" });
  const top = col(max(peaks, 1));
  // Chosen from, the product is not fused with the first addition, which would leave threads with sums that differ in their last bits.
  const weight = col(sum(where(there, exp2(peaks - top) * totals, 0), 1));
  let values = zeros([GM, DP], "f32");
  if (PART === SPLITS) {
    values = partOfSum(partial, peak, top, first, 0, used, G, GM, SPLITS, PART, D, DP);
  } else {
    for (const from of range(0, used, PART))
      values += partOfSum(partial, peak, top, first, from, used, G, GM, SPLITS, PART, D, DP);
  }
  const column = row(arange(0, DP));
  store(out + (first + member) * D + column, values / weight, { mask: member < G && column < D });
}

import { cdiv, exp2, floorDiv, load, type Mask, maximum, mod, type Ptr, range, type Tile } from "tilescript";

/** Keys that one split of decode attention reads: the length shared out evenly, in whole blocks of BN. */
export function keysPerSplit(length: number, SPLITS: number, BN: number) {
  return cdiv(cdiv(length, SPLITS), BN) * BN;
}

/**
 * Elements `columns` of the attention output [query heads · D], from the partial results of the splits that had keys: each split has an
 * unnormalised sum of values [head, split, D], the largest score (base 2) and the sum of the weights [head, split]
 * (flash decoding: each split's softmax is rescaled to the largest score of all).
 */
export function combinedAttention(
  partial: Ptr<"f32">,
  peak: Ptr<"f32">,
  total: Ptr<"f32">,
  columns: Tile,
  mask: Mask,
  length: number,
  D: number,
  SPLITS: number,
  BN: number,
) {
  const head = floorDiv(columns, D) * SPLITS;
  const inner = mod(columns, D);
  let top = load(peak + head, { mask, other: 0 });
  let weight = load(total + head, { mask, other: 1 });
  let value = load(partial + head * D + inner, { mask, other: 0 });
  for (const split of range(1, cdiv(length, keysPerSplit(length, SPLITS, BN)))) {
    const cell = head + split;
    const splitTop = load(peak + cell, { mask, other: 0 });
    const newTop = maximum(top, splitTop);
    const keep = exp2(top - newTop);
    const join = exp2(splitTop - newTop);
    value = value * keep + load(partial + cell * D + inner, { mask, other: 0 }) * join;
    weight = weight * keep + load(total + cell, { mask, other: 0 }) * join;
    top = newTop;
  }
  return value / weight;
}

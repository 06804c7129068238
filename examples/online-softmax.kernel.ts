import {
  arange,
  type Const,
  exp,
  full,
  type Int,
  kernel,
  load,
  maximum,
  type Ptr,
  programId,
  range,
  reduce,
  store,
  type Tile,
  zeros,
} from "tilescript";

/** The largest of some numbers, and the sum of the exponentials of all of them relative to it. */
type Part = readonly [top: Tile, total: Tile];

/** Milakov and Gimelshein, "Online normalizer calculation for softmax" (arXiv 1805.02867), section 3.1. */
function merged([top1, total1]: Part, [top2, total2]: Part): Part {
  const top = maximum(top1, top2);
  return [top, total1 * exp(top1 - top) + total2 * exp(top2 - top)];
}

/** Softmax of rows of any length, which are read twice and not three times: one pass finds the maximum and the sum together. */
export const onlineSoftmax = kernel(
  ({ x, out, columns, BLOCK }: { x: Ptr<"f32">; out: Ptr<"f32">; columns: Int; BLOCK: Const<"BLOCK"> }) => {
    const start = programId(0) * columns;
    // Of no numbers at all. It is finite, so that two such parts give no ∞ − ∞.
    let [top, total] = [full([BLOCK], -3.0e38, "f32"), zeros([BLOCK], "f32")];
    for (const first of range(0, columns, BLOCK)) {
      const lane = first + arange(0, BLOCK);
      [top, total] = merged([top, total], [load(x + start + lane, { mask: lane < columns, other: -Infinity }), 1]);
    }
    const [rowTop, rowTotal] = reduce([top, total], 0, merged);
    for (const first of range(0, columns, BLOCK)) {
      const lane = first + arange(0, BLOCK);
      const mask = lane < columns;
      store(out + start + lane, exp(load(x + start + lane, { mask }) - rowTop) / rowTotal, { mask });
    }
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);

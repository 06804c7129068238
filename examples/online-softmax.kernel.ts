import {
  abs,
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
  where,
  zeros,
} from "tilescript";

/** The largest of some numbers, and the sum of the exponentials of all of them relative to it. */
type Part = readonly [top: Tile, total: Tile];

/**
 * Milakov and Gimelshein, "Online normalizer calculation for softmax" (arXiv 1805.02867), section 3.1, written so that both orders of the parts give
 * the same bits: the smaller one fades, and a product and a sum may be rounded once.
 */
function merged([top1, total1]: Part, [top2, total2]: Part): Part {
  const fade = exp(-abs(top1 - top2));
  return [maximum(top1, top2), where(top1 >= top2, total1 + total2 * fade, total2 + total1 * fade)];
}

/** Softmax of rows of any length, which are read twice and not three times: one pass finds the maximum and the sum together. */
export const onlineSoftmax = kernel(
  (p: { x: Ptr<"f32">; out: Ptr<"f32">; columns: Int; BLOCK: Const<"BLOCK"> }) => {
    const start = programId(0) * p.columns;
    // Of no numbers at all. It is finite, so that two such parts give no ∞ − ∞.
    let [top, total] = [full([p.BLOCK], -3.0e38, "f32"), zeros([p.BLOCK], "f32")];
    for (const first of range(0, p.columns, p.BLOCK)) {
      const lane = first + arange(0, p.BLOCK);
      [top, total] = merged([top, total], [load(p.x + start + lane, { mask: lane < p.columns, other: -Infinity }), 1]);
    }
    const [rowTop, rowTotal] = reduce([top, total], 0, merged);
    for (const first of range(0, p.columns, p.BLOCK)) {
      const lane = first + arange(0, p.BLOCK);
      const mask = lane < p.columns;
      store(p.out + start + lane, exp(load(p.x + start + lane, { mask }) - rowTop) / rowTotal, { mask });
    }
  },
  { builds: [{ constants: { BLOCK: 1024 } }] },
);

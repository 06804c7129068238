import {
  abs,
  bitcast,
  col,
  load,
  max,
  maximum,
  minimum,
  type Ptr,
  range,
  row,
  sum,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { normed } from "../linear/norm.js";
import type { Buffers } from "./numbers.js";

/*
 * Products of whole numbers, for processors that multiply narrow ones fastest and add them up in 32 bits: weights as they lie in their blocks, and
 * 32 numbers of the vector as whole numbers with a scale of their own. A block's product is exact but for the rounding of the vector.
 */

/** 32 numbers of the vector: low · scale and high · scale, where low and high are i16 [16]. */
export interface Integers {
  low: Tile;
  high: Tile;
  /** A power of two: what is a multiple of it stays as it is. */
  scale: Tile;
  /** Σ of the numbers, and of low and high. */
  total: Tile;
  count: Tile;
  /** total − count · scale */
  lost: Tile;
}

/** To the nearest whole number, of those that an i16 holds; |x| is at most 2^15. In 1.5 · 2^23 + x the lowest bits are that number. */
function nearest(x: Tile): Tile {
  return to(bitcast(minimum(x, 32767) + 12582912.0, "i32") - 0x4b400000, "i16");
}

/** Numbers [16] and [16] of a vector with 16 bits each. Where one is infinite or no number, the scale is none, and so is what is multiplied. */
export function integersOf(first: Tile, second: Tile): Integers {
  const most = maximum(max(maximum(abs(first), abs(second)), 0), 7.888609052210118e-31);
  // 2^e, of the greatest: by 2^(14 − e) it comes between 2^14 and 2^15.
  const power = bitcast(most, "i32") & 0x7f800000;
  const inverse = bitcast(0x43000000 - power + 0x43000000, "f32");
  const total = sum(first + second, 0);
  const [low, high] = [nearest(first * inverse), nearest(second * inverse)];
  const count = sum(to(low, "i32") + to(high, "i32"), 0);
  const scale = bitcast(power - 0x7000000, "f32");
  return { low, high, scale: scale + (total - total), total, count, lost: total - to(count, "f32") * scale };
}

/** The numbers of `block` of the residual after its norm. */
export function normedIntegers(x: Ptr<"f32">, norm: Ptr<"f32">, block: number, lane: Tile, inverse: number): Integers {
  const at = block * 32 + lane;
  return integersOf(normed(x, norm, at, lane < 16, inverse), normed(x, norm, at + 16, lane < 16, inverse));
}

/** A weight matrix with rows of BLOCKS blocks. */
export interface IntegerWeights extends Buffers {
  FORMAT: string;
  BLOCKS: number;
}

/** Σ low · x.low + high · x.high over the lanes, i32 [R]. */
function products(low: Tile, high: Tile, x: Integers): Tile {
  const [first, second] = [to(low, "i32") * to(row(x.low), "i32"), to(high, "i32") * to(row(x.high), "i32")];
  return sum(first + second, 1);
}

/**
 * Zeros [R], after a byte of every 64 of these rows was read in the order in which they lie: that brings them to the processor many times
 * faster than to read them block by block of 64 rows.
 */
export function fetched(p: IntegerWeights, first: number, r: Tile, R: number): Tile {
  const size = p.FORMAT === "q4_0" ? 18 : p.FORMAT === "q4_1" ? 20 : 34;
  const step = size > 32 ? 1 : 3;
  const start = to(first, "i64") * (p.BLOCKS * size);
  let most = zeros([R], "i32");
  for (const block of range(0, p.BLOCKS - step + 1, step))
    most = maximum(most, to(load(p.bytes + start + (block * R + r * step) * size), "i32"));
  // No byte is less: what is read must be used.
  return where(most < 0, 1.0, 0.0);
}

/** What block `block` adds to the product of rows `first` … `first` + R − 1 with the vector: f32 [R]. All of these rows are there. */
export function blockProduct(p: IntegerWeights, first: number, r: Tile, block: number, lane: Tile, x: Integers): Tile {
  const start = to(first, "i64") * p.BLOCKS;
  const at = r * p.BLOCKS + block;
  if (p.FORMAT === "q4_1") {
    const pair = load(p.bytes + start * 20 + (col(at) * 20 + 4 + row(lane)));
    const d = to(load(p.halves + start * 10 + at * 10), "f32");
    const m = to(load(p.halves + start * 10 + (at * 10 + 1)), "f32");
    // What the vector lost in rounding is multiplied by the middle of what q may be.
    return (to(products(pair & 15, pair >> 4, x), "f32") * x.scale + 7.5 * x.lost) * d + m * x.total;
  } else if (p.FORMAT === "q4_0") {
    const pair = load(p.bytes + start * 18 + (col(at) * 18 + 2 + row(lane)));
    const d = to(load(p.halves + start * 9 + at * 9), "f32");
    return to(products(pair & 15, pair >> 4, x) - 8 * x.count, "f32") * (d * x.scale);
  } else {
    const q = p.signed + start * 34 + (col(at) * 34 + 2 + row(lane));
    const d = to(load(p.halves + start * 17 + at * 17), "f32");
    return to(products(load(q), load(q + 16), x), "f32") * (d * x.scale);
  }
}

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
  staticAssert,
  sum,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";
import { normed } from "../linear/norm.js";
import { sixBits } from "./blocks-of-256.js";
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
  /** Σ of the numbers, of low and of high. */
  total: Tile;
  lowCount: Tile;
  highCount: Tile;
  /** What rounding lost of the total. */
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
  const [lowCount, highCount] = [sum(to(low, "i32"), 0), sum(to(high, "i32"), 0)];
  const scale = bitcast(power - 0x7000000, "f32");
  const lost = total - to(lowCount + highCount, "f32") * scale;
  return { low, high, scale: scale + (total - total), total, lowCount, highCount, lost };
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

/** Σ q · x over the lanes, i32 [R]. */
function product(q: Tile, x: Tile): Tile {
  return sum(to(q, "i32") * to(row(x), "i32"), 1);
}

/** The same of both halves of a block. */
function products(low: Tile, high: Tile, x: Integers): Tile {
  return sum(to(low, "i32") * to(row(x.low), "i32") + to(high, "i32") * to(row(x.high), "i32"), 1);
}

/** Bytes that 32 weights take, of Q6_K a quarter less. */
function bytesOf({ FORMAT }: IntegerWeights): number {
  if (FORMAT === "bf16") return 64;
  else if (FORMAT === "q8_0") return 34;
  else if (FORMAT === "q6_k") return 26;
  else if (FORMAT === "q5_1") return 24;
  else if (FORMAT === "q5_0" || FORMAT === "q5_k") return 22;
  else return FORMAT === "q4_1" ? 20 : 18;
}

/**
 * Zeros [R], after a byte of every 64 of these rows was read in the order in which they lie: that brings them to the processor many times
 * faster than to read them block by block of 64 rows.
 */
export function fetched(p: IntegerWeights, first: number, r: Tile, R: number): Tile {
  const size = bytesOf(p);
  const step = size > 32 ? 1 : size > 21 ? 2 : 3;
  const row = p.FORMAT === "q6_k" ? (p.BLOCKS >> 3) * 210 : p.BLOCKS * size;
  const start = to(first, "i64") * row;
  let most = zeros([R], "i32");
  for (const block of range(0, p.BLOCKS - step + 1, step))
    most = maximum(most, to(load(p.bytes + start + (block * R + r * step) * size), "i32"));
  // No byte is less: what is read must be used.
  return where(most < 0, 1.0, 0.0);
}

/** Where a block of each row begins, in blocks: `start` + at [R]; of those of 256 the eighth `sub`. */
export interface Place {
  start: number;
  at: Tile;
  sub: number;
}

/** The `block`-th of rows `first` + r [R], all of which are there. */
export function placeOf(p: IntegerWeights, first: number, r: Tile, block: number): Place {
  if (p.FORMAT === "q4_k" || p.FORMAT === "q5_k" || p.FORMAT === "q6_k") {
    const inRow = p.BLOCKS >> 3;
    return { start: to(first, "i64") * inRow, at: r * inRow + (block >> 3), sub: block & 7 };
  } else return { start: to(first, "i64") * p.BLOCKS, at: r * p.BLOCKS + block, sub: 0 };
}

/** What 32 columns, the `block`-th of each row, add to the product of rows `first` + r [R] with the vector: f32 [R]. */
export function blockProduct(p: IntegerWeights, first: number, r: Tile, block: number, lane: Tile, x: Integers): Tile {
  const place = placeOf(p, first, r, block);
  const [low, high] = quants(p, place, lane);
  if (p.FORMAT === "q8_0") return to(products(low, high, x), "f32") * (scaleOf(p, place) * x.scale);
  else if (p.FORMAT === "q4_0" || p.FORMAT === "q5_0") {
    const s = products(low, high, x) - zeroOf(p) * (x.lowCount + x.highCount);
    return to(s, "f32") * (scaleOf(p, place) * x.scale);
  } else if (p.FORMAT === "q6_k") {
    const [ofLow, ofHigh] = scalesOfHalves(p, place);
    const first = ofLow * to(product(low, x.low) - 32 * x.lowCount, "f32");
    return (first + ofHigh * to(product(high, x.high) - 32 * x.highCount, "f32")) * (scaleOf(p, place) * x.scale);
  }
  const [d, m] = scaleAndLeast(p, place);
  // What rounding lost of the vector is multiplied by the middle of what q may be.
  const middle = to(zeroOf(p), "f32") - 0.5;
  return (to(products(low, high, x), "f32") * x.scale + middle * x.lost) * d + m * x.total;
}

/** What q counts from; where there is a least weight, the middle of what it may be, rounded up. */
export function zeroOf({ FORMAT }: IntegerWeights): number {
  if (FORMAT === "q8_0") return 0;
  else if (FORMAT === "q4_0" || FORMAT === "q4_1" || FORMAT === "q4_k") return 8;
  else return FORMAT === "q6_k" ? 32 : 16;
}

/** The numbers q of columns 0–15 and 16–31 of a block of each row: i32 [R, 16] each. The layouts are explained in blocks-of-32.ts and blocks-of-256.ts. */
export function quants(p: IntegerWeights, { start, at, sub }: Place, lane: Tile): [Tile, Tile] {
  if (p.FORMAT === "q4_0") return nibbles(load(p.bytes + start * 18 + (col(at) * 18 + 2 + row(lane))));
  else if (p.FORMAT === "q4_1") return nibbles(load(p.bytes + start * 20 + (col(at) * 20 + 4 + row(lane))));
  else if (p.FORMAT === "q5_0") {
    const pair = load(p.bytes + start * 22 + (col(at) * 22 + 6 + row(lane)));
    const words = p.bf16 + start * 11 + at * 11;
    return fiveBits(pair, load(words + 1), load(words + 2), lane);
  } else if (p.FORMAT === "q5_1") {
    const pair = load(p.bytes + start * 24 + (col(at) * 24 + 8 + row(lane)));
    const words = p.bf16 + start * 12 + at * 12;
    return fiveBits(pair, load(words + 2), load(words + 3), lane);
  } else if (p.FORMAT === "q8_0") {
    const q = p.signed + start * 34 + (col(at) * 34 + 2 + row(lane));
    return [to(load(q), "i32"), to(load(q + 16), "i32")];
  }
  staticAssert(p.FORMAT === "q4_k" || p.FORMAT === "q5_k" || p.FORMAT === "q6_k", "FORMAT is one of INTEGER_FORMATS");
  const shift = (sub & 1) * 4;
  if (p.FORMAT === "q4_k") {
    const q = p.bytes + start * 144 + (col(at) * 144 + 16 + (sub >> 1) * 32 + row(lane));
    return [nibbleOf(load(q), shift), nibbleOf(load(q + 16), shift)];
  } else if (p.FORMAT === "q5_k") {
    const fifths = p.bytes + start * 176 + (col(at) * 176 + 16 + row(lane));
    const q = fifths + 32 + (sub >> 1) * 32;
    const low = nibbleOf(load(q), shift) | (raised(load(fifths), sub) & 16);
    return [low, nibbleOf(load(q + 16), shift) | (raised(load(fifths + 16), sub) & 16)];
  } else {
    const q = p.bytes + start * 210 + (col(at) * 210 + (sub >> 2) * 64 + (sub & 1) * 32 + row(lane));
    const pairs = p.bytes + start * 210 + (col(at) * 210 + 128 + (sub >> 2) * 32 + row(lane));
    const [nibble, pair] = [((sub >> 1) & 1) * 4, (sub & 3) * 2];
    const low = nibbleOf(load(q), nibble) | (raised(load(pairs), pair) & 48);
    return [low, nibbleOf(load(q + 16), nibble) | (raised(load(pairs + 16), pair) & 48)];
  }
}

/** d of a block of each row, of formats whose weights are (q − zero) · d: f32 [R]. */
export function scaleOf(p: IntegerWeights, { start, at }: Place): Tile {
  if (p.FORMAT === "q6_k") return to(load(p.halves + start * 105 + (at * 105 + 104)), "f32");
  const words = bytesOf(p) >> 1;
  return to(load(p.halves + start * words + at * words), "f32");
}

/** d and m of a block of each row, of formats whose weights are q · d + m: f32 [R]. */
export function scaleAndLeast(p: IntegerWeights, place: Place): [Tile, Tile] {
  const { start, at, sub } = place;
  if (p.FORMAT === "q4_k" || p.FORMAT === "q5_k") {
    const words = bytesOf(p) * 4;
    const [scale, least] = sixBits(p.bytes + start * (words * 2) + (at * (words * 2) + 4), to(sub, "i32"), at >= 0);
    const [d, m] = [load(p.halves + start * words + at * words), load(p.halves + start * words + (at * words + 1))];
    return [to(d, "f32") * scale, -(to(m, "f32") * least)];
  }
  const words = bytesOf(p) >> 1;
  return [scaleOf(p, place), to(load(p.halves + start * words + (at * words + 1)), "f32")];
}

/** Of Q6_K, where each half of a block has a scale beside d: these, f32 [R] each. */
export function scalesOfHalves(p: IntegerWeights, { start, at, sub }: Place): [Tile, Tile] {
  const both = p.signed + start * 210 + (at * 210 + 192 + sub * 2);
  return [to(load(both), "f32"), to(load(both + 1), "f32")];
}

function nibbles(pair: Tile): [Tile, Tile] {
  return [to(pair & 15, "i32"), to(pair >> 4, "i32")];
}

/** Nibbles whose fifth bits are a word for each half, a bit a lane. */
function fiveBits(pair: Tile, firsts: Tile, seconds: Tile, lane: Tile): [Tile, Tile] {
  return [to((pair & 15) | fifth(firsts, lane), "i32"), to((pair >> 4) | fifth(seconds, lane), "i32")];
}

/** 16 where a word has the lane's bit. */
function fifth(words: Tile, lane: Tile): Tile {
  // Shifts by another number in each lane are products: the bit comes to be the sign.
  const sign = col(bitcast(words, "i16")) * row(to(to(1, "i32") << (15 - lane), "i16"));
  return (sign >> 15) & 16;
}

/** Four bits of bytes, from bit `shift` on. */
function nibbleOf(bytes: Tile, shift: number): Tile {
  return (to(bytes, "i32") >> shift) & 15;
}

/** Bytes with bit `from` where a nibble ends. */
function raised(bytes: Tile, from: number): Tile {
  return to(to(bytes, "i16") << 4, "i32") >> from;
}

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

/**
 * What 32 columns, the `block`-th of each row, add to the product of rows `first` + r [R] with the vector: f32 [R]. All of these rows are there. The
 * layouts are explained in blocks-of-32.ts and blocks-of-256.ts.
 */
export function blockProduct(p: IntegerWeights, first: number, r: Tile, block: number, lane: Tile, x: Integers): Tile {
  if (p.FORMAT === "q4_0") return q4_0(p, to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block, lane, x);
  else if (p.FORMAT === "q4_1") return q4_1(p, to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block, lane, x);
  else if (p.FORMAT === "q5_0") return q5_0(p, to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block, lane, x);
  else if (p.FORMAT === "q5_1") return q5_1(p, to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block, lane, x);
  else if (p.FORMAT === "q8_0") return q8_0(p, to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block, lane, x);
  const inRow = p.BLOCKS >> 3;
  const [start, at] = [to(first, "i64") * inRow, r * inRow + (block >> 3)];
  staticAssert(p.FORMAT === "q4_k" || p.FORMAT === "q5_k" || p.FORMAT === "q6_k", "FORMAT is one of INTEGER_FORMATS");
  if (p.FORMAT === "q4_k") return q4_k(p, start, at, block & 7, lane, x);
  else if (p.FORMAT === "q5_k") return q5_k(p, start, at, block & 7, lane, x);
  else return q6_k(p, start, at, block & 7, lane, x);
}

function q4_0(p: IntegerWeights, start: number, at: Tile, lane: Tile, x: Integers): Tile {
  const [low, high] = nibbles(p, start, at, lane, 18, 2);
  return to(products(low, high, x) - 8 * (x.lowCount + x.highCount), "f32") * (halfAt(p, start, at, 9, 0) * x.scale);
}

/** What rounding lost of the vector is multiplied by the middle of what q may be. */
function q4_1(p: IntegerWeights, start: number, at: Tile, lane: Tile, x: Integers): Tile {
  const [low, high] = nibbles(p, start, at, lane, 20, 4);
  const [d, m] = [halfAt(p, start, at, 10, 0), halfAt(p, start, at, 10, 1)];
  return (to(products(low, high, x), "f32") * x.scale + 7.5 * x.lost) * d + m * x.total;
}

function q5_0(p: IntegerWeights, start: number, at: Tile, lane: Tile, x: Integers): Tile {
  const [low, high] = fiveBits(p, start, at, lane, 11, 1);
  const s = products(low, high, x);
  return to(s - 16 * (x.lowCount + x.highCount), "f32") * (halfAt(p, start, at, 11, 0) * x.scale);
}

function q5_1(p: IntegerWeights, start: number, at: Tile, lane: Tile, x: Integers): Tile {
  const [low, high] = fiveBits(p, start, at, lane, 12, 2);
  const [d, m] = [halfAt(p, start, at, 12, 0), halfAt(p, start, at, 12, 1)];
  return (to(products(low, high, x), "f32") * x.scale + 15.5 * x.lost) * d + m * x.total;
}

function q8_0(p: IntegerWeights, start: number, at: Tile, lane: Tile, x: Integers): Tile {
  const [low, high] = wholeBytes(p, start, at, lane);
  return to(products(low, high, x), "f32") * (halfAt(p, start, at, 17, 0) * x.scale);
}

function q4_k(p: IntegerWeights, start: number, at: Tile, sub: number, lane: Tile, x: Integers): Tile {
  const [low, high] = nibblesOfEighth(p, start, at, sub, lane);
  const [d, m] = scalesOfEighth(p, start * 72, at * 72, sub);
  return (to(products(low, high, x), "f32") * x.scale + 7.5 * x.lost) * d - m * x.total;
}

function q5_k(p: IntegerWeights, start: number, at: Tile, sub: number, lane: Tile, x: Integers): Tile {
  const [low, high] = fiveBitsOfEighth(p, start, at, sub, lane);
  const [d, m] = scalesOfEighth(p, start * 88, at * 88, sub);
  return (to(products(low, high, x), "f32") * x.scale + 15.5 * x.lost) * d - m * x.total;
}

/** Each half of a block has a scale. */
function q6_k(p: IntegerWeights, start: number, at: Tile, sub: number, lane: Tile, x: Integers): Tile {
  const [low, high] = sixBitsOfEighth(p, start, at, sub, lane);
  const [ofLow, ofHigh] = scalesOfHalves(p, start, at, sub);
  const first = to(ofLow, "f32") * to(product(low, x.low) - 32 * x.lowCount, "f32");
  const second = to(ofHigh, "f32") * to(product(high, x.high) - 32 * x.highCount, "f32");
  return (first + second) * (halfAt(p, start, at, 105, 104) * x.scale);
}

/*
 * Numbers of the columns lane and 16 + lane of a block [R, 16], and scales [R], of blocks `start` + at [R]. Each gives back in one place: what is given in
 * branches is stored before it is used.
 */

/** Nibbles that lie `from` bytes behind the start of a block of so many bytes. */
export function nibbles(p: Buffers, start: number, at: Tile, lane: Tile, size: number, from: number): [Tile, Tile] {
  const pair = load(p.bytes + start * size + (col(at) * size + from + row(lane)));
  return [pair & 15, pair >> 4];
}

/** Nibbles whose fifth bits are a word for each half, a bit a lane: the `first`-th word of a block of so many, and the next one. */
export function fiveBits(p: Buffers, start: number, at: Tile, lane: Tile, words: number, first: number): [Tile, Tile] {
  const pair = load(p.bytes + start * (2 * words) + (col(at) * (2 * words) + (2 * first + 4) + row(lane)));
  const fifths = p.bf16 + start * words + at * words;
  return [(pair & 15) | fifth(load(fifths + first), lane), (pair >> 4) | fifth(load(fifths + (first + 1)), lane)];
}

/** 16 where a word has the lane's bit. */
function fifth(words: Tile, lane: Tile): Tile {
  // Shifts by another number in each lane are products: the bit comes to be the sign.
  const sign = col(bitcast(words, "i16")) * row(to(to(1, "i32") << (15 - lane), "i16"));
  return (sign >> 15) & 16;
}

/** Of Q8_0. */
export function wholeBytes(p: Buffers, start: number, at: Tile, lane: Tile): [Tile, Tile] {
  const q = p.signed + start * 34 + (col(at) * 34 + 2 + row(lane));
  return [load(q), load(q + 16)];
}

/** The `index`-th 16-bit float of a block of so many words. */
export function halfAt(p: Buffers, start: number, at: Tile, words: number, index: number): Tile {
  return to(load(p.halves + start * words + (at * words + index)), "f32");
}

/** Of Q4_K, of whose blocks `sub` is an eighth. */
export function nibblesOfEighth(p: Buffers, start: number, at: Tile, sub: number, lane: Tile): [Tile, Tile] {
  const q = p.bytes + start * 144 + (col(at) * 144 + 16 + (sub >> 1) * 32 + row(lane));
  const shift = (sub & 1) * 4;
  return [nibbleOf(load(q), shift), nibbleOf(load(q + 16), shift)];
}

/** Of Q5_K. */
export function fiveBitsOfEighth(p: Buffers, start: number, at: Tile, sub: number, lane: Tile): [Tile, Tile] {
  const fifths = p.bytes + start * 176 + (col(at) * 176 + 16 + row(lane));
  const q = fifths + 32 + (sub >> 1) * 32;
  const shift = (sub & 1) * 4;
  const low = nibbleOf(load(q), shift) | (raised(load(fifths), sub) & 16);
  return [low, nibbleOf(load(q + 16), shift) | (raised(load(fifths + 16), sub) & 16)];
}

/** Scale and minimum of an eighth of super-blocks that begin at `start` + `at`, in units of 2 bytes. */
export function scalesOfEighth(p: Buffers, start: number, at: Tile, sub: number): [Tile, Tile] {
  const [scale, minimum] = sixBits(p.bytes + start * 2 + (at * 2 + 4), to(sub, "i32"), at >= 0);
  const [d, m] = [load(p.halves + start + at), load(p.halves + start + (at + 1))];
  return [to(d, "f32") * scale, to(m, "f32") * minimum];
}

/** Of Q6_K. */
export function sixBitsOfEighth(p: Buffers, start: number, at: Tile, sub: number, lane: Tile): [Tile, Tile] {
  const q = p.bytes + start * 210 + (col(at) * 210 + (sub >> 2) * 64 + (sub & 1) * 32 + row(lane));
  const pairs = p.bytes + start * 210 + (col(at) * 210 + 128 + (sub >> 2) * 32 + row(lane));
  const [shift, pair] = [((sub >> 1) & 1) * 4, (sub & 3) * 2];
  const low = nibbleOf(load(q), shift) | (raised(load(pairs), pair) & 48);
  return [low, nibbleOf(load(q + 16), shift) | (raised(load(pairs + 16), pair) & 48)];
}

/** Of Q6_K, where each half of an eighth has a scale beside d: i8 [R] each. */
export function scalesOfHalves(p: Buffers, start: number, at: Tile, sub: number): [Tile, Tile] {
  const scales = p.signed + start * 210 + (at * 210 + 192 + sub * 2);
  return [load(scales), load(scales + 1)];
}

/** Four bits of bytes, from bit `shift` on. */
function nibbleOf(bytes: Tile, shift: number): Tile {
  return (to(bytes, "i32") >> shift) & 15;
}

/** Bytes with bit `from` where a nibble ends. */
function raised(bytes: Tile, from: number): Tile {
  return to(to(bytes, "i16") << 4, "i32") >> from;
}

import {
  abs,
  arange,
  bitcast,
  col,
  max,
  maximum,
  minimum,
  reshape,
  staticAssert,
  sum,
  type Tile,
  to,
} from "tilescript";
import { dequantize } from "../linear/weights.js";
import {
  fiveBits,
  fiveBitsOfEighth,
  halfAt,
  type IntegerWeights,
  nibbles,
  nibblesOfEighth,
  scalesOfEighth,
  scalesOfHalves,
  sixBitsOfEighth,
  wholeBytes,
} from "./integers.js";

/*
 * Whole numbers two by two, for products of many rows with many: a word holds those of columns lane and 16 + lane of a block of 32, 16 bits each. Σ of
 * 16 products of words is that of 32 products of numbers, in 32 bits: what is multiplied has 26 bits at the most, with the signs 28.
 */

/** Of two numbers that 16 bits hold. */
function wordsOf(low: Tile, high: Tile): Tile {
  return (low & 65535) | (high << 16);
}

/** Both halves of words a times those of b, and their sum. */
export function productOfWords(a: Tile, b: Tile): Tile {
  return to(to(a, "i16"), "i32") * to(to(b, "i16"), "i32") + (a >> 16) * (b >> 16);
}

/** 32 numbers of each row, [R, 16] and [R, 16], rounded to `bits` bits beside the sign: words [R, 16], the scale that these have [R], and Σ of the numbers [R]. */
export function roundedWords(first: Tile, second: Tile, bits: number): [Tile, Tile, Tile] {
  const most = maximum(max(maximum(abs(first), abs(second)), 1), 7.888609052210118e-31);
  // 2^e, of the greatest: by 2^(bits − 1 − e) it comes between 2^(bits − 1) and 2^bits.
  const power = bitcast(most, "i32") & 0x7f800000;
  const inverse = col(bitcast(0x43000000 - power + ((119 + bits) << 23), "f32"));
  const words = wordsOf(nearest(first * inverse, bits), nearest(second * inverse, bits));
  const total = sum(first + second, 1);
  // Where one is infinite or no number, the scale is none, and so is what is multiplied.
  return [words, bitcast(power - ((bits - 1) << 23), "f32") + (total - total), total];
}

/** The nearest whole number of so many bits. In 1.5 · 2^23 + x the lowest bits are that number. */
function nearest(x: Tile, bits: number): Tile {
  const most = to((1 << bits) - 1, "f32");
  return bitcast(minimum(maximum(x, -most), most) + 12582912.0, "i32") - 0x4b400000;
}

/** Weights of formats that count from zero as words [R, 16] and their scale [R]: the `block`-th 32 of rows `first` + r [R], all of which are there. */
export function weightWords(p: IntegerWeights, first: number, r: Tile, block: number, lane: Tile): [Tile, Tile] {
  const [start, at] = [to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block];
  if (p.FORMAT === "q4_0") {
    const [low, high] = nibbles(p, start, at, lane, 18, 2);
    return [wordsFrom(8, low, high), halfAt(p, start, at, 9, 0)];
  } else if (p.FORMAT === "q5_0") {
    const [low, high] = fiveBits(p, start, at, lane, 11, 1);
    return [wordsFrom(16, low, high), halfAt(p, start, at, 11, 0)];
  } else if (p.FORMAT === "q8_0") {
    const [low, high] = wholeBytes(p, start, at, lane);
    return [wordsFrom(0, low, high), halfAt(p, start, at, 17, 0)];
  }
  staticAssert(p.FORMAT === "q6_k", "FORMAT counts from zero");
  const [begin, whole] = [to(first, "i64") * (p.BLOCKS >> 3), r * (p.BLOCKS >> 3) + (block >> 3)];
  const [low, high] = sixBitsOfEighth(p, begin, whole, block & 7, lane);
  const [ofLow, ofHigh] = scalesOfHalves(p, begin, whole, block & 7);
  // A half's own scale goes into its numbers: they have 12 bits then.
  const words = wordsFrom(0, (low - 32) * col(to(ofLow, "i32")), (high - 32) * col(to(ofHigh, "i32")));
  return [words, halfAt(p, begin, whole, 105, 104)];
}

/**
 * The same of formats that count from a least weight, and what is added to each weight [R]. Here they count from the middle, so that what rounding loses of the other
 * factor is multiplied by less.
 */
export function weightWordsAndMiddle(
  p: IntegerWeights,
  first: number,
  r: Tile,
  block: number,
  lane: Tile,
): [Tile, Tile, Tile] {
  const [start, at] = [to(first, "i64") * p.BLOCKS, r * p.BLOCKS + block];
  if (p.FORMAT === "q4_1") {
    const [low, high] = nibbles(p, start, at, lane, 20, 4);
    const d = halfAt(p, start, at, 10, 0);
    return [wordsFrom(8, low, high), d, halfAt(p, start, at, 10, 1) + 8 * d];
  } else if (p.FORMAT === "q5_1") {
    const [low, high] = fiveBits(p, start, at, lane, 12, 2);
    const d = halfAt(p, start, at, 12, 0);
    return [wordsFrom(16, low, high), d, halfAt(p, start, at, 12, 1) + 16 * d];
  }
  const [begin, whole] = [to(first, "i64") * (p.BLOCKS >> 3), r * (p.BLOCKS >> 3) + (block >> 3)];
  staticAssert(p.FORMAT === "q4_k" || p.FORMAT === "q5_k", "FORMAT counts from a least weight");
  if (p.FORMAT === "q4_k") {
    const [low, high] = nibblesOfEighth(p, begin, whole, block & 7, lane);
    const [d, m] = scalesOfEighth(p, begin * 72, whole * 72, block & 7);
    return [wordsFrom(8, low, high), d, 8 * d - m];
  } else {
    const [low, high] = fiveBitsOfEighth(p, begin, whole, block & 7, lane);
    const [d, m] = scalesOfEighth(p, begin * 88, whole * 88, block & 7);
    return [wordsFrom(16, low, high), d, 16 * d - m];
  }
}

/** Of numbers that count from `zero`. */
function wordsFrom(zero: number, low: Tile, high: Tile): Tile {
  return wordsOf(to(low, "i32") - zero, to(high, "i32") - zero);
}

/** The same of all others, rounded to `bits` bits. */
export function roundedWeights(
  p: IntegerWeights,
  first: number,
  r: Tile,
  R: number,
  block: number,
  lane: Tile,
  bits: number,
): [Tile, Tile] {
  const { bytes, signed, halves, bf16, FORMAT } = p;
  const weights = { bytes, signed, halves, bf16, FORMAT, blockCount: p.BLOCKS };
  const [low, high] = dequantize(weights, first + r, block + arange(0, 1), lane, first + R);
  const [words, scale, _total] = roundedWords(reshape(low, [R, 16]), reshape(high, [R, 16]), bits);
  return [words, scale];
}

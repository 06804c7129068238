import { abs, arange, bitcast, col, max, maximum, minimum, reshape, sum, type Tile, to } from "tilescript";
import { dequantize } from "../linear/weights.js";
import { type IntegerWeights, placeOf, quants, scaleAndLeast, scaleOf, scalesOfHalves, zeroOf } from "./integers.js";

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
  const place = placeOf(p, first, r, block);
  const [low, high] = quants(p, place, lane);
  if (p.FORMAT === "q6_k") {
    // A half's own scale goes into its numbers: they have 12 bits then.
    const [ofLow, ofHigh] = scalesOfHalves(p, place);
    const words = wordsOf((low - 32) * col(to(ofLow, "i32")), (high - 32) * col(to(ofHigh, "i32")));
    return [words, scaleOf(p, place)];
  } else return [wordsOf(low - zeroOf(p), high - zeroOf(p)), scaleOf(p, place)];
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
  const place = placeOf(p, first, r, block);
  const [low, high] = quants(p, place, lane);
  const [d, m] = scaleAndLeast(p, place);
  return [wordsOf(low - zeroOf(p), high - zeroOf(p)), d, m + to(zeroOf(p), "f32") * d];
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

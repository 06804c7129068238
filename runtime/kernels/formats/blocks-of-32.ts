import { expandDims, load, type Mask, type Ptr, type Tile, to } from "tilescript";
import { type Buffers, loadBytes, loadHalves, loadPairs, sixteenth, small } from "./numbers.js";

/*
 * ggml's blocks of 32 weights (layouts of its ggml-common.h): an f16 scale d, in the "_1" types an f16 minimum m, in the 5-bit types the fifth
 * bits of weights 0–15 and of 16–31 in 16 bits each, then 16 bytes whose low nibbles are weights 0–15 and whose high nibbles are 16–31.
 * `block` [R, B] counts blocks; lane is [16]; the result is columns lane and 16 + lane as f32 [R, B, 16]. The many bytes are asked for before the
 * scales: what is loaded for a whole block has to change places among threads, who would wait for it first.
 */

/** A 16-bit float of each block, `at` in units of 2 bytes from `source`: [R, B, 1]. */
function scaleAt(source: Ptr, at: Tile, inside: Mask): Tile {
  return expandDims(loadHalves(source + at, inside), 2);
}

/** q · d with q from −8. */
export function q4_0(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 2) + expandDims(wide * 18, 2), expandDims(inside, 2));
  const d = scaleAt(p.halves, wide * 9, inside);
  return [small(pair & 15, 8) * d, sixteenth(pair & 240, 8) * d];
}

/** q · d + m. */
export function q4_1(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 4) + expandDims(wide * 20, 2), expandDims(inside, 2));
  const d = scaleAt(p.halves, wide * 10, inside);
  const m = scaleAt(p.halves + 1, wide * 10, inside);
  return [small(pair & 15, 0) * d + m, sixteenth(pair & 240, 0) * d + m];
}

/**
 * Nibbles with their fifth bits above them, the upper ones where they are in their byte. `low` and `high` [R, B, 1] have the fifth bit of lane
 * i in bit i.
 */
function fiveBits(pair: Tile, low: Tile, high: Tile, lane: Tile): [Tile, Tile] {
  return [(pair & 15) | (((low << 4) >> lane) & 16), (pair & 240) | (((high << 8) >> lane) & 256)];
}

/** q · d with q from −16. */
export function q5_0(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 6) + expandDims(wide * 22, 2), expandDims(inside, 2));
  const d = scaleAt(p.halves, wide * 11, inside);
  const firsts = expandDims(loadPairs(p.bf16 + 1 + wide * 11, inside), 2);
  const seconds = expandDims(loadPairs(p.bf16 + 2 + wide * 11, inside), 2);
  const [low, high] = fiveBits(pair, firsts, seconds, lane);
  return [small(low, 16) * d, sixteenth(high, 16) * d];
}

/** q · d + m. */
export function q5_1(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 8) + expandDims(wide * 24, 2), expandDims(inside, 2));
  const d = scaleAt(p.halves, wide * 12, inside);
  const m = scaleAt(p.halves + 1, wide * 12, inside);
  const firsts = expandDims(loadPairs(p.bf16 + 2 + wide * 12, inside), 2);
  const seconds = expandDims(loadPairs(p.bf16 + 3 + wide * 12, inside), 2);
  const [low, high] = fiveBits(pair, firsts, seconds, lane);
  return [small(low, 0) * d + m, sixteenth(high, 0) * d + m];
}

/** q · d with q an i8: d, then 32 of them. */
export function q8_0(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const at = p.signed + (lane + 2) + expandDims(wide * 34, 2);
  const mask = expandDims(inside, 2);
  const [low, high] = [load(at, { mask, other: 0 }), load(at + 16, { mask, other: 0 })];
  const d = scaleAt(p.halves, wide * 17, inside);
  // One instruction takes a byte out of a word and converts it, so here the conversion pays.
  return [to(low, "f32") * d, to(high, "f32") * d];
}

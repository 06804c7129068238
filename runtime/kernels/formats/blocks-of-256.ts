import { bitcast, expandDims, type Mask, type Tile, to, where } from "tilescript";
import { type Buffers, halfOfByte, loadBytes, loadHalves, loadPairs, small, smallSigned } from "./numbers.js";

/*
 * ggml's K-quants: super-blocks of 256 weights, sub-blocks with small integer scales, f16 scales of these (layouts of its ggml-common.h).
 * `block` [R, B] counts super-blocks and `sub` [B] is which eighth of one; lane is [16]; the result is columns lane and 16 + lane of that
 * eighth as f32 [R, B, 16]. What is the same for a whole eighth is computed once, in [R, B] or [B], and loaded behind the many bytes.
 */

/**
 * Scale and minimum of an eighth, each 6 bits, of Q4_K and Q5_K. `at` points to the 12 bytes of a super-block: eighths 0–3 have theirs in the low
 * six bits of bytes 0–3 and 4–7; those of 4–7 are a nibble of bytes 8–11 below the two top bits of the earlier bytes.
 */
export function sixBits(at: Tile, sub: Tile, inside: Mask): [Tile, Tile] {
  const quarter = sub & 3;
  const first = loadBytes(at + quarter, inside);
  const second = loadBytes(at + 4 + quarter, inside);
  const rest = loadBytes(at + 8 + quarter, inside);
  const scale = where(sub < 4, first & 63, (rest & 15) | ((first >> 6) << 4));
  const minimum = where(sub < 4, second & 63, (rest >> 4) | ((second >> 6) << 4));
  return [to(scale, "f32"), to(minimum, "f32")];
}

/** d, dmin, 12 bytes of scales, 128 bytes of nibbles: two eighths share 32 bytes. q · (d · scale) − dmin · minimum. */
export function q4_k(p: Buffers, block: Tile, sub: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const { nibble, held, base } = halfOfByte((expandDims(sub, 1) & 1) === 1);
  const mask = expandDims(inside, 2);
  const at = p.bytes + (lane + 16) + expandDims(wide * 144 + (sub >> 1) * 32, 2);
  const low = (loadBytes(at, mask) & nibble) | held;
  const high = (loadBytes(at + 16, mask) & nibble) | held;
  const [scale, minimum] = sixBits(p.bytes + 4 + wide * 144, sub, inside);
  const d = expandDims(loadHalves(p.halves + wide * 72, inside) * scale, 2);
  const m = expandDims(loadHalves(p.halves + 1 + wide * 72, inside) * minimum, 2);
  return [(bitcast(low, "f32") - base) * d - m, (bitcast(high, "f32") - base) * d - m];
}

/** As Q4_K with 32 bytes of fifth bits before the nibbles: bit `sub` of byte i for weight i. */
export function q5_k(p: Buffers, block: Tile, sub: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const eighth = expandDims(sub, 1);
  const { nibble, end, held, base } = halfOfByte((eighth & 1) === 1);
  const mask = expandDims(inside, 2);
  const fifths = p.bytes + (lane + 16) + expandDims(wide * 176, 2);
  const at = fifths + 32 + (eighth >> 1) * 32;
  // Bit `sub` of a fifths' byte comes to where the nibble ends: bit 4, or bit 8 for eighths of odd number.
  const shift = eighth + 4 - (eighth & 1) * 4;
  const low = (loadBytes(at, mask) & nibble) | held | (((loadBytes(fifths, mask) << 8) >> shift) & end);
  const high = (loadBytes(at + 16, mask) & nibble) | held | (((loadBytes(fifths + 16, mask) << 8) >> shift) & end);
  const [scale, minimum] = sixBits(p.bytes + 4 + wide * 176, sub, inside);
  const d = expandDims(loadHalves(p.halves + wide * 88, inside) * scale, 2);
  const m = expandDims(loadHalves(p.halves + 1 + wide * 88, inside) * minimum, 2);
  return [(bitcast(low, "f32") - base) * d - m, (bitcast(high, "f32") - base) * d - m];
}

/**
 * 128 bytes of nibbles, 64 bytes of upper bit pairs, 16 signed scales, d. Each half of 128 weights takes 64 bytes of nibbles and 32 of pairs;
 * its four eighths use the low nibbles of bytes 0–31, of 32–63, then the high ones. q · (d · scale) with q from −32.
 */
export function q6_k(p: Buffers, block: Tile, sub: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const eighth = expandDims(sub, 1);
  const { nibble, end, held, base } = halfOfByte((eighth & 2) === 2);
  const mask = expandDims(inside, 2);
  const at = p.bytes + lane + expandDims(wide * 210 + (sub >> 2) * 64 + (sub & 1) * 32, 2);
  const pairs = p.bytes + (lane + 128) + expandDims(wide * 210 + (sub >> 2) * 32, 2);
  // Bits 2 · (sub & 3) of a pairs' byte come to where the nibble ends: bit 4, or bit 8 for the upper nibbles.
  const [shift, pair] = [4 - (eighth & 1) * 2, end * 3];
  const low = (loadBytes(at, mask) & nibble) | held | ((loadBytes(pairs, mask) << shift) & pair);
  const high = (loadBytes(at + 16, mask) & nibble) | held | ((loadBytes(pairs + 16, mask) << shift) & pair);
  const d = loadHalves(p.halves + 104 + wide * 105, inside);
  const scales = loadPairs(p.bf16 + 96 + wide * 105 + sub, inside);
  return [
    (bitcast(low, "f32") - (base + 32)) * expandDims(d * smallSigned(scales), 2),
    (bitcast(high, "f32") - (base + 32)) * expandDims(d * smallSigned(scales >> 8), 2),
  ];
}

/** 16 bytes of scale and minimum in a nibble each, 64 bytes of bit pairs, d, dmin. Scales are of 16 weights. q · (d · scale) − dmin · minimum. */
export function q2_k(p: Buffers, block: Tile, sub: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const mask = expandDims(inside, 2);
  const at = p.bytes + (lane + 16) + expandDims(wide * 84 + (sub >> 2) * 32, 2);
  const shift = expandDims((sub & 3) * 2, 1);
  const low = small((loadBytes(at, mask) >> shift) & 3, 0);
  const high = small((loadBytes(at + 16, mask) >> shift) & 3, 0);
  const scales = loadPairs(p.bf16 + sub + wide * 42, inside);
  const d = loadHalves(p.halves + 40 + wide * 42, inside);
  const m = loadHalves(p.halves + 41 + wide * 42, inside);
  return [
    low * expandDims(d * small(scales & 15, 0), 2) - expandDims(m * small((scales >> 4) & 15, 0), 2),
    high * expandDims(d * small((scales >> 8) & 15, 0), 2) - expandDims(m * small(scales >> 12, 0), 2),
  ];
}

/**
 * 32 bytes of third bits, 64 bytes of bit pairs, 12 bytes of scales, d. Scales are of 16 weights, 6 bits from −32: nibbles in bytes 0–7 (the upper
 * ones are scales 8–15), bit pairs in bytes 8–11. q · (d · scale) with q from −4.
 */
export function q3_k(p: Buffers, block: Tile, sub: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const mask = expandDims(inside, 2);
  const thirds = p.bytes + lane + expandDims(wide * 110, 2);
  const at = thirds + 32 + expandDims((sub >> 2) * 32, 1);
  const [shift, third] = [expandDims((sub & 3) * 2, 1), expandDims(sub, 1)];
  const low = ((loadBytes(at, mask) >> shift) & 3) | (((loadBytes(thirds, mask) >> third) & 1) << 2);
  const high = ((loadBytes(at + 16, mask) >> shift) & 3) | (((loadBytes(thirds + 16, mask) >> third) & 1) << 2);
  const lower = loadPairs(p.bf16 + 48 + (sub & 3) + wide * 55, inside) >> ((sub >> 2) << 2);
  const upper = loadPairs(p.bf16 + 52 + (sub & 1) + wide * 55, inside) >> ((sub >> 1) << 1);
  const d = loadHalves(p.halves + 54 + wide * 55, inside);
  return [
    small(low, 4) * expandDims(d * small((lower & 15) | ((upper & 3) << 4), 32), 2),
    small(high, 4) * expandDims(d * small(((lower >> 8) & 15) | (((upper >> 8) & 3) << 4), 32), 2),
  ];
}

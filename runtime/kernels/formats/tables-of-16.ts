import { bitcast, expandDims, type Mask, type Tile, to, where } from "tilescript";
import { type Buffers, loadBytes, loadHalves, loadPairs, smallSigned } from "./numbers.js";

/*
 * ggml's types whose nibbles are looked up in a table of 16 values: IQ4_NL, IQ4_XS and MXFP4. The parameters and the result are those of the
 * other files here.
 */

/** IQ4's table (−127, −104, … 113 in ggml's kvalues_iq4nl), four i8 to a word, for the nibble in the lowest four bits of `q`. */
function iq4(q: Tile): Tile {
  const low = where((q & 4) === 0, -0x4052677f, -0x09152231);
  const high = where((q & 4) === 0, 0x26190d01, 0x71594535);
  return smallSigned(where((q & 8) === 0, low, high) >> ((q & 3) << 3));
}

/** d, then 16 bytes of nibbles as in Q4_0. */
export function iq4_nl(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 2) + expandDims(wide * 18, 2), expandDims(inside, 2));
  const d = expandDims(loadHalves(p.halves + wide * 9, inside), 2);
  return [iq4(pair & 15) * d, iq4(pair >> 4) * d];
}

/**
 * Super-blocks of 256: d, the upper two bits of eight 6-bit scales in 16 bits, their nibbles in 4 bytes, then 8 · 16 bytes of nibbles as in
 * Q4_0. A scale counts from −32. `block` [R, B] counts super-blocks and `sub` [B] is which eighth of it.
 */
export function iq4_xs(p: Buffers, block: Tile, sub: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 8) + expandDims(wide * 136 + sub * 16, 2), expandDims(inside, 2));
  const lower = loadBytes(p.bytes + (sub >> 1) + 4 + wide * 136, inside) >> ((sub & 1) << 2);
  const upper = loadPairs(p.bf16 + 1 + wide * 68, inside) >> (sub << 1);
  const scale = to(((lower & 15) | ((upper & 3) << 4)) - 32, "f32");
  const d = expandDims(loadHalves(p.halves + wide * 68, inside) * scale, 2);
  return [iq4(pair & 15) * d, iq4(pair >> 4) * d];
}

/** A 4-bit float (sign, two bits of exponent, one of mantissa; OCP Microscaling Formats 1.0) times two, from the lowest four bits of `q`. */
function e2m1(q: Tile): Tile {
  // The bits moved to where f32 has them are the value times 2^−127; adding zero makes −0 what ggml's table has, 0.
  return bitcast(((q & 7) << 22) | ((q & 8) << 28), "f32") * 1.7014118346046923e38 + 0.0;
}

/** A byte of exponent e, whose scale for doubled values is 2^(e − 128), then 16 bytes of nibbles as in Q4_0. */
export function mxfp4(p: Buffers, block: Tile, inside: Mask, lane: Tile): [Tile, Tile] {
  const wide = to(block, "i64");
  const pair = loadBytes(p.bytes + (lane + 1) + expandDims(wide * 17, 2), expandDims(inside, 2));
  const exponent = loadBytes(p.bytes + wide * 17, inside);
  // Below 2 it is subnormal.
  const d = expandDims(bitcast(where(exponent < 2, 0x200000 << exponent, (exponent - 1) << 23), "f32"), 2);
  return [e2m1(pair) * d, e2m1(pair >> 4) * d];
}

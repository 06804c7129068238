/** Types whose nibbles are looked up in a table of 16 values; in each block low nibbles are weights 0–15 and high ones 16–31. */

import { halfTable } from "./half.js";
import type { Dequantize } from "./types.js";

/** ggml's kvalues_iq4nl. */
const IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const;

/** 4-bit floats (OCP Microscaling Formats 1.0, E2M1) times two; ggml has no negative zero. */
const E2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12] as const;

/** The 16 bytes of nibbles at `from`, times `scale`, into 32 weights from `to`. */
function lookUp(
  table: readonly number[],
  bytes: Uint8Array,
  from: number,
  scale: number,
  out: Float32Array,
  to: number,
) {
  for (let i = 0; i < 16; i++) {
    const pair = bytes[from + i]!;
    out[to + i] = scale * table[pair & 15]!;
    out[to + i + 16] = scale * table[pair >> 4]!;
  }
}

/** d, nibbles. */
export const iq4_nl: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let from = 0, to = 0; to < out.length; from += 18, to += 32)
    lookUp(IQ4, bytes, from + 2, half[bytes[from]! | (bytes[from + 1]! << 8)]!, out, to);
};

/** Super-blocks of 256: d, then 6-bit scales of 32 weights, from −32: their upper bit pairs in 2 bytes, their nibbles in 4; then nibbles. */
export const iq4_xs: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let from = 0, to = 0; to < out.length; from += 136, to += 256) {
    const d = half[bytes[from]! | (bytes[from + 1]! << 8)]!;
    const upper = bytes[from + 2]! | (bytes[from + 3]! << 8);
    for (let sub = 0; sub < 8; sub++) {
      const lower = bytes[from + 4 + (sub >> 1)]! >> ((sub & 1) * 4);
      const scale = ((lower & 15) | (((upper >> (sub * 2)) & 3) << 4)) - 32;
      lookUp(IQ4, bytes, from + 8 + sub * 16, d * scale, out, to + sub * 32);
    }
  }
};

/** A power of two, 2^(e − 127), halved because the table is of doubled values; nibbles. */
export const mxfp4: Dequantize = (bytes, out) => {
  for (let from = 0, to = 0; to < out.length; from += 17, to += 32)
    lookUp(E2M1, bytes, from + 1, 2 ** (bytes[from]! - 128), out, to);
};

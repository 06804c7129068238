/** K-quants: super-blocks of 256 weights, whose sub-blocks have small integer scales of one f16 (layouts of ggml's ggml-common.h). */

import { halfTable } from "./half.js";
import type { Dequantize } from "./types.js";

/**
 * Q4_K and Q5_K: eight sub-blocks of 32, each with a 6-bit scale and a 6-bit minimum packed into 12 bytes. Sub-blocks
 * 0–3 have theirs in the low six bits of bytes 0–3 and 4–7; those of 4–7 are a nibble of bytes 8–11 below the two top
 * bits of the earlier bytes.
 */
function scaleOf(bytes: Uint8Array, at: number, sub: number): number {
  return sub < 4 ? bytes[at + sub]! & 63 : (bytes[at + sub + 4]! & 15) | ((bytes[at + sub - 4]! >> 6) << 4);
}

function minimumOf(bytes: Uint8Array, at: number, sub: number): number {
  return sub < 4 ? bytes[at + sub + 4]! & 63 : (bytes[at + sub + 4]! >> 4) | ((bytes[at + sub]! >> 6) << 4);
}

/** d, dmin, 12 bytes of scales, (Q5_K: 32 bytes of fifth bits, bit `sub` of byte i for weight i), 128 bytes of nibbles. */
function scaledNibbles(blockBytes: number, fifthBitsAt: number | undefined, nibblesAt: number): Dequantize {
  return (bytes, out) => {
    const half = halfTable();
    for (let from = 0, to = 0; to < out.length; from += blockBytes, to += 256) {
      const d = half[bytes[from]! | (bytes[from + 1]! << 8)]!;
      const dmin = half[bytes[from + 2]! | (bytes[from + 3]! << 8)]!;
      for (let sub = 0; sub < 8; sub++) {
        const scale = d * scaleOf(bytes, from + 4, sub);
        const minimum = dmin * minimumOf(bytes, from + 4, sub);
        const shift = (sub & 1) * 4;
        const nibbles = from + nibblesAt + (sub >> 1) * 32;
        for (let i = 0; i < 32; i++) {
          const fifth = fifthBitsAt === undefined ? 0 : ((bytes[from + fifthBitsAt + i]! >> sub) & 1) << 4;
          out[to + sub * 32 + i] = scale * (((bytes[nibbles + i]! >> shift) & 15) | fifth) - minimum;
        }
      }
    }
  };
}

export const q4_k = scaledNibbles(144, undefined, 16);
export const q5_k = scaledNibbles(176, 16, 48);

/**
 * Q6_K: 128 bytes of nibbles, 64 bytes of upper bit pairs, 16 signed scales, d. Each half of 128 weights takes 64 bytes
 * of nibbles and 32 of pairs; its four runs of 32 weights use low nibbles of bytes 0–31, of 32–63, then the high ones.
 */
export const q6_k: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let from = 0, to = 0; to < out.length; from += 210, to += 256) {
    const d = half[bytes[from + 208]! | (bytes[from + 209]! << 8)]!;
    for (let run = 0; run < 8; run++) {
      const inHalf = run & 3;
      const nibbles = from + (run >> 2) * 64 + (inHalf & 1) * 32;
      const pairs = from + 128 + (run >> 2) * 32;
      const nibbleShift = (inHalf >> 1) * 4;
      for (let i = 0; i < 32; i++) {
        const scale = (bytes[from + 192 + run * 2 + (i >> 4)]! << 24) >> 24;
        const q = ((bytes[nibbles + i]! >> nibbleShift) & 15) | (((bytes[pairs + i]! >> (inHalf * 2)) & 3) << 4);
        out[to + run * 32 + i] = d * scale * (q - 32);
      }
    }
  }
};

/** Q2_K: 16 bytes of scale and minimum (a nibble each, of 16 weights), 64 bytes of bit pairs as in Q6_K, d, dmin. */
export const q2_k: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let from = 0, to = 0; to < out.length; from += 84, to += 256) {
    const d = half[bytes[from + 80]! | (bytes[from + 81]! << 8)]!;
    const dmin = half[bytes[from + 82]! | (bytes[from + 83]! << 8)]!;
    for (let i = 0; i < 256; i++) {
      const scale = bytes[from + (i >> 4)]!;
      const pair = bytes[from + 16 + (i >> 7) * 32 + (i & 31)]! >> (((i >> 5) & 3) * 2);
      out[to + i] = d * (scale & 15) * (pair & 3) - dmin * (scale >> 4);
    }
  }
};

/**
 * Q3_K: 32 bytes of third bits (bit `run` of byte i for weight i of a run of 32), 64 bytes of bit pairs as in Q2_K, 12 bytes of scales, d.
 * The scales of 16 weights each have 6 bits: the low nibbles of bytes 0–7, then their high nibbles, below bit pairs of bytes 8–11.
 */
export const q3_k: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let from = 0, to = 0; to < out.length; from += 110, to += 256) {
    const d = half[bytes[from + 108]! | (bytes[from + 109]! << 8)]!;
    for (let i = 0; i < 256; i++) {
      const [run, part] = [i >> 5, i >> 4];
      const low = bytes[from + 96 + (part & 7)]! >> ((part >> 3) * 4);
      const high = bytes[from + 104 + (part & 3)]! >> ((part >> 2) * 2);
      const scale = ((low & 15) | ((high & 3) << 4)) - 32;
      const pair = (bytes[from + 32 + (i >> 7) * 32 + (i & 31)]! >> ((run & 3) * 2)) & 3;
      const third = (bytes[from + (i & 31)]! >> run) & 1;
      out[to + i] = d * scale * ((pair | (third << 2)) - 4);
    }
  }
};

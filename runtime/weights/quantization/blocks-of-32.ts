/**
 * Blocks of 32 weights with one f16 scale `d`, and an f16 minimum `m` in the "_1" types. In the 4-bit types the low
 * nibbles hold weights 0–15 and the high nibbles 16–31; the 5-bit types keep the fifth bits apart, in one u32.
 */

import { halfTable } from "./half.js";
import type { Dequantize } from "./types.js";

/** Layout of a 4- or 5-bit type, in bytes from the start of a block. */
interface NibbleLayout {
  readonly blockBytes: number;
  /** Where `m` stands, if there is one. */
  readonly minimumAt?: number;
  /** The weight is (q − zero)·d + m. */
  readonly zero: number;
  /** Where the fifth bits stand, if there are any. */
  readonly fifthBitsAt?: number;
  readonly nibblesAt: number;
}

function nibbles({ blockBytes, minimumAt, zero, fifthBitsAt, nibblesAt }: NibbleLayout): Dequantize {
  return (bytes, out) => {
    const half = halfTable();
    for (let from = 0, to = 0; to < out.length; from += blockBytes, to += 32) {
      const d = half[bytes[from]! | (bytes[from + 1]! << 8)]!;
      // Adding −0 leaves everything as it is, 0 would change −0.
      const m = minimumAt === undefined ? -0 : half[bytes[from + minimumAt]! | (bytes[from + minimumAt + 1]! << 8)]!;
      const fifth = fifthBitsAt === undefined ? 0 : u32(bytes, from + fifthBitsAt);
      for (let i = 0; i < 16; i++) {
        const pair = bytes[from + nibblesAt + i]!;
        out[to + i] = (((pair & 15) | (((fifth >>> i) & 1) << 4)) - zero) * d + m;
        out[to + i + 16] = (((pair >> 4) | (((fifth >>> (i + 16)) & 1) << 4)) - zero) * d + m;
      }
    }
  };
}

const u32 = (bytes: Uint8Array, at: number) =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

export const q4_0 = nibbles({ blockBytes: 18, zero: 8, nibblesAt: 2 });
export const q4_1 = nibbles({ blockBytes: 20, minimumAt: 2, zero: 0, nibblesAt: 4 });
export const q5_0 = nibbles({ blockBytes: 22, zero: 16, fifthBitsAt: 2, nibblesAt: 6 });
export const q5_1 = nibbles({ blockBytes: 24, minimumAt: 2, zero: 0, fifthBitsAt: 4, nibblesAt: 8 });

export const q8_0: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let from = 0, to = 0; to < out.length; from += 34, to += 32) {
    const d = half[bytes[from]! | (bytes[from + 1]! << 8)]!;
    for (let i = 0; i < 32; i++) out[to + i] = ((bytes[from + 2 + i]! << 24) >> 24) * d;
  }
};

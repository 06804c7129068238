/** Unquantised types: F32, F16, BF16. */

import { halfTable } from "./half.js";
import type { Dequantize } from "./types.js";

export const f32: Dequantize = (bytes, out) => {
  new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
};

export const f16: Dequantize = (bytes, out) => {
  const half = halfTable();
  for (let i = 0; i < out.length; i++) out[i] = half[bytes[2 * i]! | (bytes[2 * i + 1]! << 8)]!;
};

/** bf16 is the upper half of an f32, so bits move and nothing is computed. */
export const bf16: Dequantize = (bytes, out) => {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < words.length; i++) words[i] = (bytes[2 * i]! << 16) | (bytes[2 * i + 1]! << 24);
};

/** Undoes the row permutation of rotary projections in GGUF files of architecture llama. */

import { ModelError } from "./errors.js";

/**
 * Puts the rows of attn_q or attn_k back so that a head's rotation pairs are rows (i, i + D/2), as in safetensors.
 *
 * llama.cpp's converter interleaves each head's two halves so that pairs become neighbours (2i, 2i + 1); Qwen's files
 * and all safetensors keep the halves. Rows move as raw bytes, so any type works without dequantising.
 *
 * @param bytes `rows` rows of equal length, row-major
 * @param rows a multiple of `headSize`
 * @param headSize D, even
 * @returns a new array of the same size
 */
export function unpermuteRows(bytes: Uint8Array, rows: number, headSize: number): Uint8Array {
  const rowBytes = bytes.byteLength / rows;
  if (headSize % 2 !== 0 || rows % headSize !== 0 || !Number.isInteger(rowBytes)) {
    throw new ModelError("tensor-shape", `${bytes.byteLength} bytes are not ${rows} rows of heads of ${headSize}`);
  }
  const out = new Uint8Array(bytes.byteLength);
  const half = headSize / 2;
  for (let row = 0; row < rows; row++) {
    const inHead = row % headSize;
    const to = row - inHead + (inHead % 2) * half + (inHead >> 1);
    out.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), to * rowBytes);
  }
  return out;
}

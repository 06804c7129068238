/** ggml's tensor types: number in the file, block layout, and how to widen the ones the runtime can use. */

import { ModelError } from "../errors.js";
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from "./blocks-of-32.js";
import { q2_k, q3_k, q4_k, q5_k, q6_k } from "./blocks-of-256.js";
import { bf16, f16, f32 } from "./float.js";
import { iq4_nl, iq4_xs, mxfp4 } from "./tables-of-16.js";

/** Fills `out` from whole blocks; `bytes` has exactly as many as `out` needs. */
export type Dequantize = (bytes: Uint8Array, out: Float32Array) => void;

export interface TensorType {
  /** Number in a GGUF file. */
  readonly id: number;
  /** Weights in a block. */
  readonly blockSize: number;
  /** Bytes of a block. */
  readonly blockBytes: number;
  /** Absent for types that can be listed but not used. */
  readonly dequantize?: Dequantize;
}

const type = (id: number, blockSize: number, blockBytes: number, dequantize?: Dequantize): TensorType => ({
  id,
  blockSize,
  blockBytes,
  dequantize,
});

export const tensorTypes = {
  F32: type(0, 1, 4, f32),
  F16: type(1, 1, 2, f16),
  Q4_0: type(2, 32, 18, q4_0),
  Q4_1: type(3, 32, 20, q4_1),
  Q5_0: type(6, 32, 22, q5_0),
  Q5_1: type(7, 32, 24, q5_1),
  Q8_0: type(8, 32, 34, q8_0),
  Q8_1: type(9, 32, 40),
  Q2_K: type(10, 256, 84, q2_k),
  Q3_K: type(11, 256, 110, q3_k),
  Q4_K: type(12, 256, 144, q4_k),
  Q5_K: type(13, 256, 176, q5_k),
  Q6_K: type(14, 256, 210, q6_k),
  Q8_K: type(15, 256, 292),
  IQ2_XXS: type(16, 256, 66),
  IQ2_XS: type(17, 256, 74),
  IQ3_XXS: type(18, 256, 98),
  IQ1_S: type(19, 256, 50),
  IQ4_NL: type(20, 32, 18, iq4_nl),
  IQ3_S: type(21, 256, 110),
  IQ2_S: type(22, 256, 82),
  IQ4_XS: type(23, 256, 136, iq4_xs),
  I8: type(24, 1, 1),
  I16: type(25, 1, 2),
  I32: type(26, 1, 4),
  I64: type(27, 1, 8),
  F64: type(28, 1, 8),
  IQ1_M: type(29, 256, 56),
  BF16: type(30, 1, 2, bf16),
  TQ1_0: type(34, 256, 54),
  TQ2_0: type(35, 256, 66),
  MXFP4: type(39, 32, 17, mxfp4),
} as const satisfies Record<string, TensorType>;

export type TensorTypeName = keyof typeof tensorTypes;

const namesById = new Map(Object.entries(tensorTypes).map(([name, { id }]) => [id, name as TensorTypeName]));

/** Name of ggml type number `id`, or undefined for one unknown here. */
export const tensorTypeName = (id: number): TensorTypeName | undefined => namesById.get(id);

/** Widens whole blocks of `name` to f32, in file order. Throws ModelError for a type without a way, or a partial block. */
export function dequantize(name: TensorTypeName, bytes: Uint8Array): Float32Array {
  const { blockSize, blockBytes, dequantize: widen }: TensorType = tensorTypes[name];
  if (!widen) throw new ModelError("gguf-type", `${name} weights cannot be used`);
  if (bytes.byteLength % blockBytes !== 0) {
    throw new ModelError(
      "gguf-tensor-range",
      `${bytes.byteLength} bytes are no whole number of ${name} blocks of ${blockBytes}`,
    );
  }
  const out = new Float32Array((bytes.byteLength / blockBytes) * blockSize);
  widen(bytes, out);
  return out;
}

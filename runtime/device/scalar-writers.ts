import type { DType } from "../../compiler/ir/index.js";
import { toBits } from "./arrays.js";

export type ScalarWriter = (block: DataView, at: number, value: number) => void;

/** How a scalar argument lies in a launch's block, on every device; i64 is a bigint and has its own way. */
export const SCALAR_WRITERS: Readonly<Record<Exclude<DType, "i64">, ScalarWriter>> = {
  bool: (block, at, value) => block.setUint8(at, Number(value)),
  i8: (block, at, value) => block.setInt8(at, value),
  u8: (block, at, value) => block.setUint8(at, value),
  i16: (block, at, value) => block.setInt16(at, value, true),
  i32: (block, at, value) => block.setInt32(at, value, true),
  u32: (block, at, value) => block.setUint32(at, value, true),
  f16: (block, at, value) => block.setUint16(at, toBits("f16", [value])[0]!, true),
  bf16: (block, at, value) => block.setUint16(at, toBits("bf16", [value])[0]!, true),
  f32: (block, at, value) => block.setFloat32(at, value, true),
  f64: (block, at, value) => block.setFloat64(at, value, true),
};

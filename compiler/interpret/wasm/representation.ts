import type { DType } from "../../ir/index.js";

/**
 * What a value is inside WebAssembly. Integers narrower than 32 bits live sign- or zero-extended in an i32, booleans as 0 or 1 (as 0 or −1
 * in memory of tiles and in vectors), f16 and bf16 as an f32 that already has their precision.
 */
export type Representation = "i32" | "i64" | "f32" | "f64";
export type WasmType = Representation | "v128";

export const REPRESENTATION: Readonly<Record<DType, Representation>> = {
  bool: "i32",
  i8: "i32",
  u8: "i32",
  i16: "i32",
  i32: "i32",
  u32: "i32",
  i64: "i64",
  f16: "f32",
  bf16: "f32",
  f32: "f32",
  f64: "f64",
};

export const BYTES: Readonly<Record<WasmType, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };

import { DTYPE_NAMES, DTYPES, type DType } from "../../../ir/index.js";

/**
 * What a value is inside WebAssembly. Integers narrower than 32 bits live sign- or zero-extended in an i32, booleans as 0 or 1 (as 0 or −1
 * in memory of tiles and in vectors), floats narrower than 32 bits as an f32 that already has their precision.
 */
export type Representation = "i32" | "i64" | "f32" | "f64";
export type WasmType = Representation | "v128";

export const REPRESENTATION = Object.fromEntries(
  DTYPE_NAMES.map((dtype) => {
    const { kind, bytes } = DTYPES[dtype];
    return [dtype, `${kind === "float" ? "f" : "i"}${bytes === 8 ? 64 : 32}`];
  }),
) as Readonly<Record<DType, Representation>>;

export const BYTES: Readonly<Record<WasmType, number>> = { i32: 4, i64: 8, f32: 4, f64: 8, v128: 16 };

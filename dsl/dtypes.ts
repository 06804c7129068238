/** Element types, named as everywhere in TileScript: in pointers, tiles, casts and launch arguments. */
export type DType = "bool" | "i8" | "u8" | "i16" | "i32" | "u32" | "i64" | "f16" | "bf16" | "f32" | "f64";

export type FloatType = "f16" | "bf16" | "f32" | "f64";
export type IntType = "i8" | "u8" | "i16" | "i32" | "u32" | "i64";

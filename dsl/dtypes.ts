/** What the types of the language know of each dtype: what sums of it are in, and what a launch takes for one number. */
export interface DTypeFacts {
  bool: { sum: "i32"; argument: boolean };
  i8: { sum: "i32"; argument: number };
  u8: { sum: "u32"; argument: number };
  i16: { sum: "i32"; argument: number };
  u16: { sum: "u32"; argument: number };
  i32: { sum: "i32"; argument: number };
  u32: { sum: "u32"; argument: number };
  i64: { sum: "i64"; argument: number | bigint };
  u64: { sum: "u64"; argument: number | bigint };
  f8e4m3: { sum: never; argument: number };
  f8e5m2: { sum: never; argument: number };
  f16: { sum: "f32"; argument: number };
  bf16: { sum: "f32"; argument: number };
  f32: { sum: "f32"; argument: number };
  f64: { sum: "f64"; argument: number };
}

/** Element types, named as everywhere in TileScript: in pointers, tiles, casts and launch arguments. */
export type DType = keyof DTypeFacts;

/** Dtypes of floats: `f8e4m3`, `f8e5m2`, `f16`, `bf16`, `f32` and `f64`. */
export type FloatType = Extract<DType, `f${string}` | `bf${string}`>;
/** Dtypes of integers: `i8` to `i64` and `u8` to `u64`. */
export type IntType = Extract<DType, `i${string}` | `u${string}`>;

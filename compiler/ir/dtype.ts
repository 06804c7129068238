/** The element types of the language, with what every stage needs to know of them. */
export type DType = "bool" | "i8" | "u8" | "i16" | "i32" | "u32" | "i64" | "f16" | "bf16" | "f32" | "f64";

export interface DTypeFacts {
  /** Bytes of one element in memory. */
  readonly bytes: number;
  readonly kind: "bool" | "signed" | "unsigned" | "float";
  /** Name in Triton's language (`tl.<triton>`). */
  readonly triton: string;
  /** Name in a Triton signature (`*bf16`, `i32`). */
  readonly signature: string;
}

export const DTYPES: Readonly<Record<DType, DTypeFacts>> = {
  bool: { bytes: 1, kind: "bool", triton: "int1", signature: "i1" },
  i8: { bytes: 1, kind: "signed", triton: "int8", signature: "i8" },
  u8: { bytes: 1, kind: "unsigned", triton: "uint8", signature: "u8" },
  i16: { bytes: 2, kind: "signed", triton: "int16", signature: "i16" },
  i32: { bytes: 4, kind: "signed", triton: "int32", signature: "i32" },
  u32: { bytes: 4, kind: "unsigned", triton: "uint32", signature: "u32" },
  i64: { bytes: 8, kind: "signed", triton: "int64", signature: "i64" },
  f16: { bytes: 2, kind: "float", triton: "float16", signature: "fp16" },
  bf16: { bytes: 2, kind: "float", triton: "bfloat16", signature: "bf16" },
  f32: { bytes: 4, kind: "float", triton: "float32", signature: "fp32" },
  f64: { bytes: 8, kind: "float", triton: "float64", signature: "fp64" },
};

export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === "float";
export const isInteger = (dtype: DType): boolean =>
  DTYPES[dtype].kind === "signed" || DTYPES[dtype].kind === "unsigned";
export const isDType = (text: string): text is DType => Object.hasOwn(DTYPES, text);

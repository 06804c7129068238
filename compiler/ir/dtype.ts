import type { DType } from "../../dsl/index.js";

export type { DType };

/** The bits of a float below its sign. */
export interface FloatFormat {
  readonly exponent: number;
  readonly fraction: number;
  /** It has no infinity: the greatest exponent has numbers too, and all ones are its NaN. */
  readonly finite?: true;
}

/** What every stage needs to know of an element type; all else about it is derived from this. */
export interface DTypeFacts {
  /** Bytes of one element in memory. */
  readonly bytes: number;
  readonly kind: "bool" | "signed" | "unsigned" | "float";
  /** Name in Triton's language (`tl.<triton>`). */
  readonly triton: string;
  /** Name in a Triton signature (`*bf16`, `i32`). */
  readonly signature: string;
  /** What a host has elements in: numbers, or the bits of floats that JavaScript has no array for. */
  readonly array: ElementArray;
  readonly float?: FloatFormat;
}

/** The element types of the language. */
export const DTYPES: Readonly<Record<DType, DTypeFacts>> = {
  bool: { bytes: 1, kind: "bool", triton: "int1", signature: "i1", array: Uint8Array },
  i8: { bytes: 1, kind: "signed", triton: "int8", signature: "i8", array: Int8Array },
  u8: { bytes: 1, kind: "unsigned", triton: "uint8", signature: "u8", array: Uint8Array },
  i16: { bytes: 2, kind: "signed", triton: "int16", signature: "i16", array: Int16Array },
  u16: { bytes: 2, kind: "unsigned", triton: "uint16", signature: "u16", array: Uint16Array },
  i32: { bytes: 4, kind: "signed", triton: "int32", signature: "i32", array: Int32Array },
  u32: { bytes: 4, kind: "unsigned", triton: "uint32", signature: "u32", array: Uint32Array },
  i64: { bytes: 8, kind: "signed", triton: "int64", signature: "i64", array: BigInt64Array },
  u64: { bytes: 8, kind: "unsigned", triton: "uint64", signature: "u64", array: BigUint64Array },
  f8e4m3: float("float8e4nv", "fp8e4nv", Uint8Array, { exponent: 4, fraction: 3, finite: true }),
  f8e5m2: float("float8e5", "fp8e5", Uint8Array, { exponent: 5, fraction: 2 }),
  f16: float("float16", "fp16", Uint16Array, { exponent: 5, fraction: 10 }),
  bf16: float("bfloat16", "bf16", Uint16Array, { exponent: 8, fraction: 7 }),
  f32: float("float32", "fp32", Float32Array, { exponent: 8, fraction: 23 }),
  f64: float("float64", "fp64", Float64Array, { exponent: 11, fraction: 52 }),
};

type Float = DTypeFacts & { readonly float: FloatFormat };

function float(triton: string, signature: string, array: ElementArray, format: FloatFormat): Float {
  const bytes = (1 + format.exponent + format.fraction) / 8;
  return { bytes, kind: "float", triton, signature, array, float: format };
}

/** The typed arrays that a host has elements in. */
export type ElementArray =
  | typeof Uint8Array
  | typeof Int8Array
  | typeof Uint16Array
  | typeof Int16Array
  | typeof Uint32Array
  | typeof Int32Array
  | typeof BigUint64Array
  | typeof BigInt64Array
  | typeof Float32Array
  | typeof Float64Array;

export const DTYPE_NAMES = Object.keys(DTYPES) as [DType, ...DType[]];

export const isFloat = (dtype: DType): boolean => DTYPES[dtype].kind === "float";
export const isInteger = (dtype: DType): boolean =>
  DTYPES[dtype].kind === "signed" || DTYPES[dtype].kind === "unsigned";
export const isDType = (text: string): text is DType => Object.hasOwn(DTYPES, text);

/** A float of 8 bits: it is stored, converted and multiplied as a matrix; nothing else computes in it. */
export const isFloat8 = (dtype: DType): boolean => isFloat(dtype) && DTYPES[dtype].bytes === 1;

/** Of fewer than 32 bits: machines compute it in more, and bring the result back. */
export const isNarrow = (dtype: DType): boolean => dtype !== "bool" && DTYPES[dtype].bytes < 4;

/** The least and the greatest integer of a dtype. */
export function integerRange(dtype: DType): readonly [bigint, bigint] {
  const bits = BigInt(DTYPES[dtype].bytes * 8);
  if (dtype === "bool") return [0n, 1n];
  return DTYPES[dtype].kind === "unsigned" ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

/** An integer of any size as a dtype holds it: wrapped. */
export function wrapped(dtype: DType, value: bigint): bigint {
  const bits = DTYPES[dtype].bytes * 8;
  return DTYPES[dtype].kind === "signed" ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

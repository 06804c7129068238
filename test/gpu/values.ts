import { DTYPES, type DType, isFloat } from "../../compiler/ir/index.js";
import { fromBits, toBits } from "../../runtime/device/arrays.js";

/** How many elements a tile has. */
export const elements = (shape: readonly unknown[]): number =>
  (shape as readonly number[]).reduce((product, size) => product * size, 1);

const ARRAYS = {
  bool: Uint8Array,
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
} satisfies Record<DType, unknown>;

/** Room for `count` elements as they lie in memory. */
export const room = (dtype: DType, count: number): ArrayBufferView =>
  new ARRAYS[dtype](count) as unknown as ArrayBufferView;

/** Repeatable numbers from −4 to 4: whole ones for integers, never 0 (they divide) and small where they may be shifts. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed * 2654435761; ; ) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    yield ((state >>> 0) / 2 ** 32) * 8 - 4;
  }
}

/** Test data for an operand: as it lies in memory. With `negative` false all of it is ≥ 0. */
export function operand(dtype: DType, count: number, seed: number, negative = true): ArrayBufferView {
  const source = numbers(seed);
  const next = (): number => source.next().value as number;
  const values = Array.from({ length: count }, () => {
    if (dtype === "bool") return next() > 0 ? 1 : 0;
    if (!negative) return isFloat(dtype) ? Math.abs(next()) : Math.ceil(Math.abs(next()));
    if (isFloat(dtype)) return next();
    const whole = Math.ceil(Math.abs(next())) * (DTYPES[dtype].kind === "signed" && next() < -2 ? -1 : 1);
    return whole;
  });
  return encode(dtype, values);
}

/** Numbers as they lie in memory. */
export function encode(dtype: DType, values: readonly number[]): ArrayBufferView {
  if (dtype === "bf16" || dtype === "f16") return toBits(dtype, values);
  if (dtype === "i64") return BigInt64Array.from(values, BigInt);
  const array = room(dtype, values.length) as Float64Array;
  array.set(values);
  return array;
}

/** What lies in memory, as numbers. */
export function asNumbers(dtype: DType, data: ArrayBufferView): Float64Array {
  if (dtype === "bf16" || dtype === "f16") return Float64Array.from(fromBits(dtype, data as Uint16Array));
  if (dtype === "i64") return Float64Array.from(data as BigInt64Array, Number);
  return Float64Array.from(data as Float64Array);
}

import { DTYPES, type DType, fromElement, isFloat, toElement } from "../../compiler/ir/index.js";

/** How many elements a tile has. */
export const elements = (shape: readonly unknown[]): number =>
  (shape as readonly number[]).reduce((product, size) => product * size, 1);

/** Room for `count` elements as they lie in memory. */
export const room = (dtype: DType, count: number): ArrayBufferView => new DTYPES[dtype].array(count);

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
export function encode(dtype: DType, values: readonly (number | bigint)[]): ArrayBufferView {
  const array = room(dtype, values.length);
  values.forEach((value, at) => {
    (array as unknown as (number | bigint)[])[at] = toElement(dtype, value);
  });
  return array;
}

/** What lies in memory, as numbers. */
export const asNumbers = (dtype: DType, data: ArrayBufferView): Float64Array =>
  Float64Array.from(data as unknown as Iterable<number | bigint>, (element) => fromElement(dtype, element));

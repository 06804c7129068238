import { DTYPE_NAMES, DTYPES, type DType, integerRange, isFloat, roundFloat, wrapped } from "../ir/index.js";

/** A tile of plain numbers, row-major: what `evaluate` computes with. Booleans are 0 and 1. */
export interface TileValue {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export const scalarValue = (value: number): TileValue => ({ shape: [], data: [value] });
export const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A number as an element of a dtype holds it: floats rounded to nearest even, integers cut and wrapped. */
export function roundTo(dtype: DType, value: number): number {
  if (isFloat(dtype)) return roundFloat(dtype, value);
  if (dtype === "bool") return value === 0 ? 0 : 1;
  const whole = Number.isFinite(value) ? Math.trunc(value) + 0 : 0;
  const [least, greatest] = RANGES[dtype];
  return whole >= least && whole <= greatest ? whole : wrapInteger(dtype, BigInt(whole));
}

const RANGES = Object.fromEntries(
  DTYPE_NAMES.map((dtype) => [dtype, integerRange(dtype).map(Number) as [number, number]] as const),
) as unknown as Readonly<Record<DType, readonly [number, number]>>;

/** A float cut to an integer: what is beyond the dtype, or beyond i32 where it is narrower, is its greatest or least; NaN is 0. */
export function cut(to: DType, x: number): bigint {
  const [least, greatest] = integerRange(DTYPES[to].bytes < 4 ? "i32" : to);
  if (x >= Number(greatest)) return wrapped(to, greatest);
  if (x <= Number(least)) return wrapped(to, least);
  return Number.isNaN(x) ? 0n : wrapped(to, BigInt(Math.trunc(x)));
}

/** Integers of a dtype. */
export interface Integers {
  readonly bits: number;
  readonly signed: boolean;
}

export const integersIn = (dtype: DType): Integers => ({
  bits: DTYPES[dtype].bytes * 8,
  signed: DTYPES[dtype].kind === "signed",
});

/** An integer of any size as a dtype holds it. */
export const wrapInteger = (dtype: DType, value: bigint): number => Number(wrapped(dtype, value));

/** The shape that shapes stretch to, aligned right; null where two sizes differ and neither is 1. */
export function broadcastShapes(shapes: readonly (readonly number[])[]): readonly number[] | null {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (sizes.some((size) => size !== sizes[0])) return null;
    result.push(sizes[0] ?? 1);
  }
  return result;
}

/** A tile stretched to a shape that it broadcasts to. */
export function stretch(value: TileValue, shape: readonly number[]): TileValue {
  const offset = shape.length - value.shape.length;
  const steps = strides(value.shape).map((stride, axis) => (value.shape[axis] === 1 ? 0 : stride));
  const data = Array.from({ length: elementCount(shape) }, (_, flat) => {
    let rest = flat;
    let index = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const at = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      if (axis >= offset) index += at * steps[axis - offset]!;
    }
    return value.data[index]!;
  });
  return { shape, data };
}

/** Row-major strides, in elements. */
export function strides(shape: readonly number[]): number[] {
  const result = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) result[axis] = result[axis + 1]! * shape[axis + 1]!;
  return result;
}

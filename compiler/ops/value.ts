import { DTYPES, type DType } from "../ir/index.js";

/** A tile of plain numbers, row-major: what `evaluate` computes with. Booleans are 0 and 1. */
export interface TileValue {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export const scalarValue = (value: number): TileValue => ({ shape: [], data: [value] });
export const elementCount = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A float of so many significant bits (the hidden one counts) and this least and greatest exponent, rounded to the nearest even. */
function roundFloat(value: number, bits: number, least: number, greatest: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const magnitude = Math.abs(value);
  const step = 2 ** (Math.max(exponentOf(magnitude), least) - bits + 1);
  const rounded = roundHalfEven(magnitude / step) * step;
  return Math.sign(value) * (rounded >= 2 ** (greatest + 1) ? Infinity : rounded);
}

/** The power of two below: a logarithm may be off by one beside a power. */
function exponentOf(magnitude: number): number {
  const near = Math.floor(Math.log2(magnitude));
  return magnitude < 2 ** near ? near - 1 : magnitude >= 2 ** (near + 1) ? near + 1 : near;
}

function roundHalfEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down;
}

const ROUND: Readonly<Record<DType, (value: number) => number>> = {
  bool: (value) => (value === 0 ? 0 : 1),
  i8: (value) => (Math.trunc(value) << 24) >> 24,
  u8: (value) => Math.trunc(value) & 0xff,
  i16: (value) => (Math.trunc(value) << 16) >> 16,
  i32: (value) => Math.trunc(value) | 0,
  u32: (value) => Math.trunc(value) >>> 0,
  i64: (value) => Math.trunc(value),
  f16: (value) => roundFloat(value, 11, -14, 15),
  bf16: (value) => roundFloat(value, 8, -126, 127),
  f32: Math.fround,
  f64: (value) => value,
};

/** A number as an element of a dtype holds it: floats rounded to nearest even, integers cut and wrapped. */
export const roundTo = (dtype: DType, value: number): number => ROUND[dtype](value);

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
export function wrapInteger(dtype: DType, value: bigint): number {
  const bits = DTYPES[dtype].bytes * 8;
  return Number(DTYPES[dtype].kind === "unsigned" ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value));
}

/** The least and the greatest integer of a dtype. */
export function integerRange(dtype: DType): readonly [bigint, bigint] {
  const bits = BigInt(DTYPES[dtype].bytes * 8);
  if (dtype === "bool") return [0n, 1n];
  return DTYPES[dtype].kind === "unsigned" ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

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

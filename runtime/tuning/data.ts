import { DTYPES, type DType, isFloat } from "../../compiler/ir/index.js";
import { DeviceError } from "../device/errors.js";

/** What is in a buffer of a launch that is measured: `tilescript tune` makes it on its device. */
export interface TuningData<D extends DType = DType> {
  readonly kind: "data";
  readonly dtype: D;
  readonly elements: number;
  /** Numbers that fill it, again and again; zeros where there are none. */
  readonly pattern?: ArrayLike<number> | ArrayLike<bigint>;
}

/** So many numbers of a pattern are drawn: more would take longer than to measure with them. No power of two, lest rows of a matrix be alike. */
const DRAWN = 2 ** 20 - 3;

const size = (elements: number): number => {
  if (Number.isSafeInteger(elements) && elements >= 0) return elements;
  throw new DeviceError(`A buffer to measure with has a whole number of elements, not ${elements}.`);
};

/** Repeatable numbers from 0 to 1 (mulberry32). */
function* uniform(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** Numbers that were drawn: a launch is described anew for each build. */
const known = new Map<number, Float32Array>();
const MOST_KNOWN = 16;

function drawn(count: number): Float32Array {
  const before = known.get(count);
  if (before) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const numbers = normals(count);
  known.set(count, numbers);
  return numbers;
}

/** Normal numbers, the same ones each time (Box and Muller). */
function normals(count: number): Float32Array {
  const draws = uniform(count);
  const result = new Float32Array(count);
  for (let at = 0; at < count; at += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - draws.next().value));
    const angle = 2 * Math.PI * draws.next().value;
    result[at] = radius * Math.cos(angle);
    if (at + 1 < count) result[at + 1] = radius * Math.sin(angle);
  }
  return result;
}

/** Normal numbers of mean 0 and deviation 1: a GPU is faster at zeros, which need less power. */
export function normal<D extends DType>(dtype: D, elements: number): TuningData<D> {
  if (!isFloat(dtype))
    throw new DeviceError(`Normal numbers are floats, and ${dtype} is none: write given("${dtype}", …).`);
  return { kind: "data", dtype, elements: size(elements), pattern: drawn(Math.min(elements, DRAWN)) };
}

/** Zeros: for what the kernel writes. */
export const zeroed = <D extends DType>(dtype: D, elements: number): TuningData<D> => ({
  kind: "data",
  dtype,
  elements: size(elements),
});

/** These very values, such as indices; floats of 16 or 8 bits as numbers, or with `toBits` as their bits. */
export const given = <D extends DType>(dtype: D, values: ArrayLike<number> | ArrayLike<bigint>): TuningData<D> => ({
  kind: "data",
  dtype,
  elements: values.length,
  pattern: values,
});

export const bytesOfData = ({ dtype, elements }: TuningData): number => DTYPES[dtype].bytes * elements;

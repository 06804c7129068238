/** Whether two builds compute the same, as far as a device can tell: else one of them would be no choice of speed. */
import type { DType } from "../../compiler/ir/index.js";
import { isFloat } from "../../compiler/ir/index.js";
import type { Device } from "../../runtime/device/device.js";
import { type Filled, numbersOf } from "./buffers.js";

/** Of a larger buffer the beginning is compared: it takes host memory twice. */
const MOST_BYTES = 2 ** 26;

export interface Written {
  readonly name: string;
  readonly dtype: DType;
  readonly bytes: Uint8Array;
}

/** What a launch left in the buffers that the kernel writes. */
export async function writtenBy(
  device: Device,
  filled: ReadonlyMap<string, Filled>,
  names: readonly string[],
): Promise<Written[]> {
  const written: Written[] = [];
  for (const name of names) {
    const one = filled.get(name);
    if (!one) continue;
    const bytes = new Uint8Array(Math.min(MOST_BYTES, one.buffer.bytes));
    await device.read(one.buffer.view(0, bytes.byteLength), bytes);
    written.push({ name, dtype: one.data.dtype, bytes });
  }
  return written;
}

/** How far the numbers are apart, as a part of the largest; infinite where one is a number and the other is none. */
function distance(expected: ArrayLike<number>, got: ArrayLike<number>): number {
  let worst = 0;
  let largest = 0;
  for (let at = 0; at < expected.length; at++) {
    const [a, b] = [expected[at]!, got[at]!];
    if (Object.is(a, b) || a === b) {
      if (Number.isFinite(a)) largest = Math.max(largest, Math.abs(a));
      continue;
    }
    if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, Math.abs(a - b));
    largest = Math.max(largest, Math.abs(a));
  }
  return worst === 0 ? 0 : worst / (largest || worst);
}

/** In which buffer two builds differ by more than floats may, and by how much; undefined where they agree. */
export function difference(
  expected: readonly Written[],
  got: readonly Written[],
  tolerance: number,
): { readonly name: string; readonly by: number } | undefined {
  for (const one of expected) {
    const other = got.find(({ name, bytes }) => name === one.name && bytes.byteLength === one.bytes.byteLength);
    // A buffer whose size follows from the build, such as partial sums, is the build's own affair.
    if (!other) continue;
    const by = distance(numbersOf(one.dtype, one.bytes), numbersOf(other.dtype, other.bytes));
    const allowed = isFloat(one.dtype) || tolerance === Number.POSITIVE_INFINITY ? tolerance : 0;
    if (by > allowed) return { name: one.name, by };
  }
  return undefined;
}

import { type DType, integerRange, isFloat } from "../../compiler/ir/index.js";
import { type Draw, draws, pick } from "../cases/draws.js";
import { encode } from "../gpu/values.js";
import { ALL, COUNTED, PROGRAMS, REGION } from "./corpus.js";

const SMALL = [0, 1, 2, 3, 5, 7, 31, 64, 100];
const FLOATS = [0, -0, 1, -1, 0.5, 0.1, -2.75, 3, 100, -1e-3, 1e-7, 6e4, -Infinity, Infinity, Number.NaN];

/** Numbers of a dtype among which its extremes are. */
function numbersOf(dtype: DType, count: number, draw: Draw): ArrayBufferView {
  const each = <T>(make: () => T): T[] => Array.from({ length: count }, make);
  if (dtype === "bool")
    return encode(
      dtype,
      each(() => Number(draw() < 0.5)),
    );
  if (isFloat(dtype))
    return encode(
      dtype,
      each(() => (draw() < 0.3 ? pick(FLOATS, draw) : Math.round((draw() - 0.5) * 200) / 8)),
    );
  const [low, high] = integerRange(dtype);
  const whole = (): bigint => {
    if (draw() < 0.2) return pick([low, high, low + 1n, high - 1n], draw);
    const value = BigInt(pick(SMALL, draw));
    return low === 0n || draw() < 0.5 ? value : -value;
  };
  return encode(dtype, each(whole));
}

/** What the kernels of one seed are given: the memory of every pointer that a kernel may have, by its name. */
export function memoryOf(seed: number): Record<string, NodeJS.ArrayBufferView> {
  const draw = draws(seed);
  const length = PROGRAMS * REGION;
  const all = ALL.flatMap((dtype) => [
    [`x_${dtype}`, numbersOf(dtype, length, draw)] as const,
    [`m_${dtype}`, numbersOf(dtype, length, draw)] as const,
    [`out_${dtype}`, encode(dtype, Array(length).fill(0))] as const,
  ]);
  return Object.fromEntries([
    ...all,
    ...COUNTED.map((dtype) => [`c_${dtype}`, numbersOf(dtype, 1024, draw)] as const),
  ]) as Record<string, NodeJS.ArrayBufferView>;
}

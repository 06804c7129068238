import { fromBits, toBits } from "../../runtime/device/arrays.js";

/** A source of repeatable numbers. */
export interface Numbers {
  /** From 0 to 1, both excluded. */
  uniform(): number;
  /** Of the standard normal distribution. */
  normal(): number;
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number;
  /** One of the choices. */
  pick<T>(choices: readonly T[]): T;
}

/** xorshift32 (Marsaglia, "Xorshift RNGs", 2003), its first and least mixed numbers thrown away. */
export function numbers(seed: number): Numbers {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) uniform();
  const whole = (least: number, most: number): number => least + Math.floor(uniform() * (most - least + 1));
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    whole,
    pick: (choices) => choices[whole(0, choices.length - 1)]!,
  };
}

/** `count` numbers of a source, as float64. */
export function many(count: number, next: () => number): Float64Array {
  const result = new Float64Array(count);
  for (let i = 0; i < count; i++) result[i] = next();
  return result;
}

/** Numbers as a 16-bit float holds them. */
export const rounded = (dtype: "bf16" | "f16", values: ArrayLike<number>): Float64Array =>
  new Float64Array(fromBits(dtype, toBits(dtype, values)));

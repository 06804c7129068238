/**
 * What is known of an integer: bounds over all lanes and iterations, and a number that its value in lane 0 is a multiple of
 * (0 for a value that is 0 there).
 */
export interface Facts {
  readonly min: number;
  readonly max: number;
  readonly multiple: number;
}

const LEAST = -(2 ** 31);
const GREATEST = 2 ** 31 - 1;

export const UNKNOWN_FACTS: Facts = { min: LEAST, max: GREATEST, multiple: 1 };

export const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));

/** Bounds that leave 32 bits mean that the value may wrap: then nothing is known of its size. */
export function bounded(min: number, max: number, multiple: number): Facts {
  return min < LEAST || max > GREATEST ? { ...UNKNOWN_FACTS, multiple } : { min, max, multiple };
}

export const exactly = (value: number): Facts => ({ min: value, max: value, multiple: Math.abs(value) });

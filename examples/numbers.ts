/** Repeatable test data and comparisons, so that each example shows only its own idea. */

/** `length` numbers between −1 and 1, the same ones for the same seed (mulberry32). */
export function randoms(length: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}

/** The largest difference between results and what float64 gives, relative to the largest value expected. */
export function worstError(results: ArrayLike<number>, expected: (index: number) => number): number {
  let worst = 0;
  let largest = 0;
  for (let index = 0; index < results.length; index++) {
    const right = expected(index);
    const error = Math.abs((results[index] as number) - right);
    worst = error > worst || Number.isNaN(error) ? error : worst;
    largest = Math.max(largest, Math.abs(right));
  }
  return worst / (largest || 1);
}

/** Says how close the results are to float64, and throws where they are further away than rounding explains. */
export function report(what: string, error: number, limit: number): void {
  if (!(error <= limit))
    throw new Error(`${what}: wrong results, off by ${error.toExponential(1)} where rounding explains ${limit}`);
  console.log(`${what}: right, largest error ${error.toExponential(1)} of the largest value`);
}

/** Functions of doubles that are exact, or rounded once. */

/** a − n · b, where n is the whole number nearest to a / b, of two the even one (IEEE 754's remainder). */
export function remainder(a, b) {
  const size = Math.abs(b);
  if (!Number.isFinite(a) || Number.isNaN(b) || b === 0) return Number.NaN;
  if (size === Infinity) return a;
  let rest = size > Number.MAX_VALUE / 2 ? Math.abs(a) : Math.abs(a) % (2 * size);
  // Half of b would be rounded where it is a subnormal, and the double of the rest would overflow where it is large.
  const isMore = (orHalf) =>
    size < 1e-300
      ? rest + rest > size || (orHalf && rest + rest === size)
      : rest > size / 2 || (orHalf && rest === size / 2);
  if (isMore(false)) {
    rest -= size;
    if (isMore(true)) rest -= size;
  }
  return a < 0 || Object.is(a, -0) ? -rest : rest;
}

export const fdim = (a, b) => (a > b ? a - b : Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0);

/** The exponent of a number as a number: that of 2 ≤ |x| < 4 is 1. */
export function logb(x) {
  const size = Math.abs(x);
  if (size === 0) return -Infinity;
  if (!Number.isFinite(x)) return size;
  if (size < 2 ** -1022) return logb(size * 2 ** 54) - 54;
  const bits = new BigUint64Array(Float64Array.of(size).buffer)[0];
  return Number(bits >> 52n) - 1023;
}

/** x · 2^n, rounded once. */
export function ldexp(x, n) {
  if (!Number.isFinite(x) || x === 0) return x;
  const own = logb(x);
  const exponent = own + n;
  if (exponent > 1023) return x * Infinity;
  // From 1 to 2: of that the last product alone is rounded, where the result is subnormal. In two steps, as the power may be infinite.
  const digits = x * 2 ** Math.ceil(-own / 2) * 2 ** Math.floor(-own / 2);
  return exponent < -1074 ? (digits / 2) * 2 ** Math.max(exponent + 1, -1075) : digits * 2 ** exponent;
}

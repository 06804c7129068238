/** The error function and what comes of it, on doubles: to a few units in the last place, also where results are small. */

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** e^(±x²), where x² alone would lose digits: of the upper half of x the square is exact. */
function expOfSquare(x, sign) {
  const high = Math.fround(x);
  return Math.exp(sign * high * high) * Math.exp(sign * (x - high) * (x + high));
}

/** Maclaurin series of e^(x²) · erf (Abramowitz and Stegun 7.1.6), whose terms are all of one sign. */
function scaledSeries(size) {
  let term = size;
  let sum = size;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  return sum * TWO_OVER_SQRT_PI;
}

export function erf(x) {
  const size = Math.abs(x);
  if (Number.isNaN(x) || size > 6) return Number.isNaN(x) ? x : Math.sign(x);
  if (size < 1) return Math.sign(x) * scaledSeries(size) * expOfSquare(size, -1);
  return Math.sign(x) * (1 - erfc(size));
}

const STEP = 0.5;

/**
 * e^(x²) · erfc(x) by the trapezoidal rule for its integral, which is off by less than e^(−π²/h²), and by what a pole adds below π/h (C. Chiarella
 * and A. Reichel, "On the evaluation of integrals related to the error function", 1968).
 */
export function erfcx(x) {
  if (Number.isNaN(x)) return x;
  if (x < 0) return x < -26.7 ? Infinity : 2 * expOfSquare(x, 1) - erfcx(-x);
  if (x < 0.5) return expOfSquare(x, 1) - scaledSeries(x);
  if (x > 1e7) return TWO_OVER_SQRT_PI / 2 / x;
  let sum = 0.5 / (x * x);
  for (let n = 1; n <= 13; n++) sum += Math.exp(-((n * STEP) ** 2)) / (x * x + (n * STEP) ** 2);
  const rule = ((2 * STEP) / Math.PI) * x * sum;
  return x < Math.PI / STEP ? rule - (2 * expOfSquare(x, 1)) / Math.expm1((2 * Math.PI * x) / STEP) : rule;
}

export function erfc(x) {
  if (x < 0.5) return 1 - erf(x);
  return x > 28 ? 0 : erfcx(x) * expOfSquare(x, -1);
}

/** Φ(x) = erfc(−x / √2) / 2. The exponential takes x itself, which is not rounded by the root. */
export function normcdf(x) {
  if (x > -0.5) return erfc(-x * Math.SQRT1_2) / 2;
  if (Number.isNaN(x)) return x;
  if (x < -39) return 0;
  const high = Math.fround(x);
  const exponential = Math.exp((-high * high) / 2) * Math.exp((-(x - high) * (x + high)) / 2);
  return (erfcx(-x * Math.SQRT1_2) * exponential) / 2;
}

/** From an approximation, by Halley's steps on erf: its derivatives are 2/√π · e^(−x²) and −2x times that. */
export function erfinv(y) {
  const size = Math.abs(y);
  if (!(size <= 1)) return Number.NaN;
  if (size >= 0.5) return Math.sign(y) * erfcinv(1 - size);
  let x = size / TWO_OVER_SQRT_PI;
  for (let turn = 0; turn < 4; turn++) {
    const off = (erf(x) - size) / (TWO_OVER_SQRT_PI * expOfSquare(x, -1));
    x -= off / (1 + x * off);
  }
  return y < 0 || Object.is(y, -0) ? -x : x;
}

/** The same on erfc, scaled by e^(x²) so that nothing is too small. */
export function erfcinv(z) {
  if (!(z >= 0 && z <= 2)) return Number.NaN;
  if (z === 0) return Infinity;
  if (z > 1) return -erfcinv(2 - z);
  if (z > 0.5) return erfinv(1 - z);
  // erfc(x) ≈ e^(−x²) / (x √π)
  const log = -Math.log(z);
  let x = Math.sqrt(Math.max(log - Math.log(Math.PI * Math.max(log, 0.5)) / 2, 0.2));
  for (let turn = 0; turn < 6; turn++) {
    // Of the least z alone the exponential would be infinite.
    const scaled = z < 1e-290 ? Math.exp(x * x - log) : z * expOfSquare(x, 1);
    const off = (scaled - erfcx(x)) / TWO_OVER_SQRT_PI;
    const next = x - off / (1 + x * off);
    if (Math.abs(next - x) <= 1e-17 * x) break;
    x = next;
  }
  return x;
}

export const normcdfinv = (p) => -Math.SQRT2 * erfcinv(2 * p);

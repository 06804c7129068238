/** Functions of doubles: plain JavaScript, because the CPU executor's workers load it as it is. */
import { i0, i1, j0, j1, y0, y1 } from "./special/bessel.mjs";
import { erf, erfc, erfcinv, erfcx, erfinv, normcdf, normcdfinv } from "./special/error.mjs";
import { fdim, logb, remainder } from "./special/exact.mjs";
import { cospi, lgamma, sinpi, tgamma } from "./special/gamma.mjs";

/** A double as sign and integer · 2^exponent. */
function parts(x) {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0];
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  return { whole: bits >> 63n ? -fraction : fraction, exponent: Math.max(exponent, 1) - 1075 };
}

/** a · b + c with one rounding, in integers of any size. */
function fma(a, b, c) {
  const plain = a * b + c;
  if (a === 0 || b === 0 || ![a, b, c].every(Number.isFinite)) return plain;
  const [x, y, z] = [a, b, c].map(parts);
  const product = { whole: x.whole * y.whole, exponent: x.exponent + y.exponent };
  const least = Math.min(product.exponent, z.exponent);
  const scaled = ({ whole, exponent }) => whole << BigInt(exponent - least);
  const sum = scaled(product) + scaled(z);
  return sum === 0n ? plain : rounded(sum, least);
}

/** integer · 2^exponent to the nearest double, ties to even. */
function rounded(sum, exponent) {
  const magnitude = sum < 0n ? -sum : sum;
  const length = magnitude.toString(2).length;
  // What is cut: all beyond 53 bits, and what lies below the least double.
  const cut = Math.max(length - 53, -1074 - exponent);
  if (cut <= 0) return Number(sum) * 2 ** exponent;
  const drop = BigInt(cut);
  const kept = magnitude >> drop;
  const rest = magnitude - (kept << drop);
  const half = 1n << (drop - 1n);
  const up = rest > half || (rest === half && kept & 1n) ? 1n : 0n;
  const value = scale(Number(kept + up), exponent + cut);
  return sum < 0n ? -value : value;
}

/** In two steps: 2^exponent alone may leave the range where the product does not. */
const scale = (value, exponent) => value * 2 ** Math.max(exponent, -1000) * 2 ** Math.min(exponent + 1000, 0);

/** To the nearest whole number; of two the even one. */
function rint(x) {
  const down = Math.floor(x);
  const rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : rest >= 0.5 ? down + 1 : x;
}

/** To the nearest whole number; of two the one farther from zero. */
function round(x) {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

const isFarEnd = (x) => x === Infinity || x === -Infinity;

/** Functions that JavaScript's Math lacks, or where IEEE 754 says something else. */
const REAL = {
  exp2: (x) => 2 ** x,
  exp10: (x) => 10 ** x,
  erf,
  erfc,
  erfcinv,
  erfcx,
  erfinv,
  normcdf,
  normcdfinv,
  lgamma,
  tgamma,
  cospi,
  sinpi,
  j0,
  j1,
  y0,
  y1,
  cylBesselI0: i0,
  cylBesselI1: i1,
  rcbrt: (x) => 1 / Math.cbrt(x),
  rhypot: (a, b) => 1 / Math.hypot(a, b),
  norm3d: Math.hypot,
  norm4d: Math.hypot,
  rnorm3d: (a, b, c) => 1 / Math.hypot(a, b, c),
  rnorm4d: (a, b, c, d) => 1 / Math.hypot(a, b, c, d),
  fdim,
  logb,
  remainder,
  rint,
  round,
  fma,
  fmod: (a, b) => a % b,
  copysign: (a, b) => (Object.is(Math.sign(b), -0) || b < 0 ? -Math.abs(a) : Math.abs(a)),
  pow: (a, b) => (a === 1 || (a === -1 && isFarEnd(b)) ? 1 : a ** b),
};

/** The function of the op, on doubles; undefined where there is none. */
export const realFunction = (name) => REAL[name] ?? Math[name];

/** Functions of doubles: plain JavaScript, because the CPU executor's workers load it as it is. */
import { i0, i1, j0, j1, jn, y0, y1, yn } from "./special/bessel.mjs";
import { DIRECTED, fma } from "./special/directed.mjs";
import { erf, erfc, erfcinv, erfcx, erfinv, normcdf, normcdfinv } from "./special/error.mjs";
import { fdim, ldexp, logb, remainder } from "./special/exact.mjs";
import { cospi, lgamma, sinpi, tgamma } from "./special/gamma.mjs";

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
  ...DIRECTED,
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
  jn,
  y0,
  y1,
  yn,
  cylBesselI0: i0,
  cylBesselI1: i1,
  rcbrt: (x) => 1 / Math.cbrt(x),
  rhypot: (a, b) => 1 / Math.hypot(a, b),
  norm3d: Math.hypot,
  norm4d: Math.hypot,
  rnorm3d: (a, b, c) => 1 / Math.hypot(a, b, c),
  rnorm4d: (a, b, c, d) => 1 / Math.hypot(a, b, c, d),
  fdim,
  ldexp,
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

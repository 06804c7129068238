/** Sums, products, quotients and roots rounded in one direction (IEEE 754, section 4.3.2), or to the nearest, by integers of any size. */

/** Bits of a significand, the exponent of the least number, and the largest number. */
const F64 = { digits: 53, least: -1074, most: Number.MAX_VALUE };
const F32 = { digits: 24, least: -149, most: (2 - 2 ** -23) * 2 ** 127 };

const lengthOf = (whole) => whole.toString(2).length;

/** A finite double as whole · 2^exponent. */
function parts(x) {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0];
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  return { whole: bits >> 63n ? -fraction : fraction, exponent: Math.max(exponent, 1) - 1075 };
}

/**
 * numerator / denominator · 2^exponent, which is not 0; the numerator has the sign. `towards` is −1, 0 or 1; without, it is the nearest number, of two the even
 * one.
 */
function rounded(numerator, denominator, exponent, { digits, least, most }, towards) {
  const sign = numerator < 0n ? -1 : 1;
  const size = numerator < 0n ? -numerator : numerator;
  const at = (unit) => {
    const shift = BigInt(Math.abs(exponent - unit));
    const [above, below] = exponent >= unit ? [size << shift, denominator] : [size, denominator << shift];
    const [whole, rest] = [above / below, above % below];
    const isNearer = 2n * rest > below || (2n * rest === below && (whole & 1n) === 1n);
    return { unit, whole, isMore: towards === undefined ? isNearer : rest !== 0n && towards === sign };
  };
  let found = at(Math.max(lengthOf(size) - lengthOf(denominator) + exponent - digits, least));
  if (found.whole >> BigInt(digits)) found = at(found.unit + 1);
  const value = scaled(Number(found.whole + (found.isMore ? 1n : 0n)), found.unit);
  if (value > most) return sign * (towards === undefined || towards === sign ? Infinity : most);
  return sign * value;
}

/** In two steps: 2^exponent alone may leave the range where the product does not. */
const scaled = (value, exponent) => value * 2 ** Math.max(exponent, -1000) * 2 ** Math.min(exponent + 1000, 0);

/** a · b + c; where that is 0, its sign is that of both or else the direction's. */
export function fma(a, b, c, format = F64, towards = undefined) {
  if (![a, b, c].every(Number.isFinite)) return a * b + c;
  const [x, y, z] = [a, b, c].map(parts);
  const product = { whole: x.whole * y.whole, exponent: x.exponent + y.exponent };
  const least = Math.min(product.exponent, z.exponent);
  const sum = (product.whole << BigInt(product.exponent - least)) + (z.whole << BigInt(z.exponent - least));
  if (sum !== 0n) return rounded(sum, 1n, least, format, towards);
  const isNegative = (value) => value < 0 || Object.is(value, -0);
  const [first, second] = [isNegative(a) !== isNegative(b), isNegative(c)];
  return first === second ? (first ? -0 : 0) : towards < 0 ? -0 : 0;
}

function quotient(a, b, format, towards) {
  if (![a, b].every(Number.isFinite) || a === 0 || b === 0) return a / b;
  const [x, y] = [parts(a), parts(b)];
  const [above, below] = y.whole < 0n ? [-x.whole, -y.whole] : [x.whole, y.whole];
  return rounded(above, below, x.exponent - y.exponent, format, towards);
}

function root(x, format, towards) {
  if (!(x > 0) || x === Infinity) return Math.sqrt(x);
  const { whole, exponent } = parts(x);
  return rootOf(whole, 1n, exponent, format, towards);
}

/** The reciprocal of the root. */
function inverseRoot(x, format, towards) {
  if (!(x > 0) || x === Infinity) return 1 / Math.sqrt(x);
  const { whole, exponent } = parts(x);
  return rootOf(1n, whole, -exponent, format, towards);
}

/** √(above / below · 2^exponent) */
function rootOf(above, below, exponent, format, towards) {
  // An even exponent, and twice as many bits as any significand has and some more.
  const shift = 256 + (exponent & 1);
  const under = (above << BigInt(shift)) / below;
  const whole = wholeRoot(under);
  const isExact = whole * whole * below === above << BigInt(shift);
  // What is cut from the root stands behind it as a half.
  return rounded(2n * whole + (isExact ? 0n : 1n), 1n, (exponent - shift) / 2 - 1, format, towards);
}

/** The largest integer whose square is not more (Newton's iteration from above). */
function wholeRoot(of) {
  let above = 1n << BigInt((lengthOf(of) >> 1) + 1);
  for (;;) {
    const next = (above + of / above) >> 1n;
    if (next >= above) return above;
    above = next;
  }
}

/** The number next to a towards b; b where they are equal, NaN where one is. */
function nextafter(a, b, format) {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN;
  if (a === b) return b;
  const towards = b > a ? 1 : -1;
  if (!Number.isFinite(a)) return Math.sign(a) * format.most;
  // However little is added, the next number is where that is rounded to.
  return fma(towards, 2 ** -1074, a, format, towards) || (a < 0 ? -0 : 0);
}

const DIRECTIONS = { Rd: -1, Rz: 0, Ru: 1 };
const FORMATS = { "": F64, F32 };
const OPERATIONS = {
  add: (a, b, format, towards) => fma(a, 1, b, format, towards),
  sub: (a, b, format, towards) => fma(b, -1, a, format, towards),
  mul: (a, b, format, towards) =>
    // A zero beside a sum has the sign of the sum.
    a === 0 || b === 0 ? a * b : fma(a, b, 0, format, towards),
  div: quotient,
  rcp: (x, format, towards) => quotient(1, x, format, towards),
  sqrt: root,
  fma,
};

/** By name: `addRd` of doubles rounds down, `addRdF32` does so to an f32. */
export const DIRECTED = Object.fromEntries(
  Object.entries(FORMATS).flatMap(([suffix, format]) => [
    [`nextafter${suffix}`, (a, b) => nextafter(a, b, format)],
    [`rsqrtRn${suffix}`, (x) => inverseRoot(x, format)],
    ...Object.entries(OPERATIONS).flatMap(([name, operation]) =>
      Object.entries(DIRECTIONS).map(([direction, towards]) => [
        `${name}${direction}${suffix}`,
        (...of) => operation(...of, format, towards),
      ]),
    ),
  ]),
);

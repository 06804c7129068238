/** Functions of doubles that JavaScript lacks: plain JavaScript, because the CPU executor's workers load it as it is. */

/** Maclaurin series below 3, continued fraction of erfc above (Abramowitz and Stegun 7.1.6, 7.1.14). */
export function erf(x) {
  const size = Math.abs(x);
  if (Number.isNaN(x) || size > 6) return Number.isNaN(x) ? x : Math.sign(x);
  if (size < 3) {
    let term = size;
    let sum = size;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * size * size) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * sum * Math.exp(-size * size) * (2 / Math.sqrt(Math.PI));
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

/** A double as sign and integer · 2^exponent. */
function parts(x) {
  const bits = new BigUint64Array(Float64Array.of(x).buffer)[0];
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  return { whole: bits >> 63n ? -fraction : fraction, exponent: Math.max(exponent, 1) - 1075 };
}

/** a · b + c with one rounding, in integers of any size. */
export function fusedMultiplyAdd(a, b, c) {
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

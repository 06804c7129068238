/** The gamma function and its logarithm on doubles. */

/** ζ(k) − 1, by Euler and Maclaurin from the fortieth term on. */
function zetaMinus1(k) {
  const n = 40;
  let sum = n ** (1 - k) / (k - 1) + n ** -k / 2 + (k * n ** (-k - 1)) / 12;
  sum -= (k * (k + 1) * (k + 2) * n ** (-k - 3)) / 720;
  sum += (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * n ** (-k - 5)) / 30240;
  sum -= (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * (k + 5) * (k + 6) * n ** (-k - 7)) / 1209600;
  for (let i = n - 1; i > 1; i--) sum += i ** -k;
  return sum;
}

const EULER = 0.5772156649015329;
/** (−1)^k (ζ(k) − 1) / k, from k = 2. */
const COEFFICIENTS = Array.from({ length: 40 }, (_, at) => ((-1) ** at * zetaMinus1(at + 2)) / (at + 2));

/** log Γ(2 + z) for |z| ≤ 0.5: z (1 − γ) + Σ (−1)^k (ζ(k) − 1) z^k / k (Abramowitz and Stegun 6.1.33, moved by one). */
function nearTwo(z) {
  let sum = 0;
  for (let at = COEFFICIENTS.length - 1; at >= 0; at--) sum = sum * z + COEFFICIENTS[at];
  return z * (1 - EULER + z * sum);
}

/** Σ B₂ₙ / (2n (2n − 1) x^(2n − 1)), what Stirling's formula lacks. */
function stirlingRest(x) {
  const y = 1 / (x * x);
  const terms = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
  return terms.reduceRight((sum, term) => sum * y + term, 0) / x;
}

/** sin(πx), exact where it is 0, ±½ of the period apart. */
export function sinpi(x) {
  if (!Number.isFinite(x)) return Number.NaN;
  const rest = Math.abs(x) % 2;
  const sign = x < 0 || Object.is(x, -0) ? -1 : 1;
  const [turned, half] = rest >= 1 ? [-sign, rest - 1] : [sign, rest];
  const near = half > 0.5 ? 1 - half : half;
  return turned * (near > 0.25 ? Math.cos(Math.PI * (0.5 - near)) : Math.sin(Math.PI * near));
}

export function cospi(x) {
  if (!Number.isFinite(x)) return Number.NaN;
  const rest = Math.abs(x) % 2;
  const near = rest > 1 ? 2 - rest : rest;
  if (near <= 0.25) return Math.cos(Math.PI * near);
  return near >= 0.75 ? -Math.cos(Math.PI * (1 - near)) : Math.sin(Math.PI * (0.5 - near));
}

/** log |Γ(x)|: relative to a few units in the last place for x > 0; absolute between the poles, where it crosses 0. */
export function lgamma(x) {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x) || (x <= 0 && Number.isInteger(x))) return Infinity;
  if (Math.abs(x) < 1e-17) return -Math.log(Math.abs(x));
  if (x < 0) return Math.log(Math.PI / Math.abs(x * sinpi(x))) - lgamma(-x);
  if (x < 0.5) return nearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return nearTwo(x - 1) - Math.log1p(x - 1);
  if (x < 12) {
    let [y, product] = [x, 1];
    while (y > 2.5) {
      y -= 1;
      product *= y;
    }
    return nearTwo(y - 2) + Math.log(product);
  }
  return (x - 0.5) * (Math.log(x) - 1) + (0.5 * Math.log(2 * Math.PI) - 0.5) + stirlingRest(x);
}

export function tgamma(x) {
  if (x === 0) return 1 / x;
  if (Number.isNaN(x) || x === Infinity) return x;
  if (x < 0 && (Number.isInteger(x) || x === -Infinity)) return Number.NaN;
  if (x > 171.7) return Infinity;
  if (x < -184) return Math.floor(x) % 2 === 0 ? 0 : -0;
  // In two steps: the function itself overflows before its reciprocal is 0.
  if (x < -20)
    return Math.PI / sinpi(x) / -x / (x < -170 ? tgamma(-x - 20) : tgamma(-x)) / (x < -170 ? rising(-x - 20) : 1);
  if (x > 20) {
    const root = x ** (x / 2 - 0.25);
    return Math.sqrt(2 * Math.PI) * root * Math.exp(-x) * root * Math.exp(stirlingRest(x));
  }
  let [y, product, below] = [x, 1, 1];
  for (; y > 2.5; y -= 1) product *= y - 1;
  for (; y < 1.5; y += 1) below *= y;
  return (Math.exp(nearTwo(y - 2)) * product) / below;
}

/** x (x + 1) … (x + 19) */
const rising = (x) => Array.from({ length: 20 }, (_, at) => x + at).reduce((a, b) => a * b);

/** Bessel functions on doubles. Those that cross 0 are right to an absolute few units in the last place of 1. */

/** J₀ … J_count of 0 < x < 25, downward from where they vanish and scaled by J₀ + 2 Σ J₂ₖ = 1 (J. C. P. Miller, 1952). */
function downward(x) {
  const count = 2 * Math.ceil((x + 40) / 2);
  const values = new Array(count + 2).fill(0);
  values[count] = 1e-300;
  for (let n = count; n > 0; n--) {
    values[n - 1] = ((2 * n) / x) * values[n] - values[n + 1];
    if (Math.abs(values[n - 1]) > 1e200) for (let at = n - 1; at <= count; at++) values[at] *= 1e-300;
  }
  let sum = 0;
  for (let n = count; n > 0; n -= 2) sum += 2 * values[n];
  sum += values[0];
  return values.map((value) => value / sum);
}

/** Hankel's expansion (Abramowitz and Stegun 9.2.5 to 9.2.10): J and Y of x ≥ 25. */
function hankel(order, x) {
  const mu = 4 * order * order;
  let [p, q, term] = [1, 0, 1];
  for (let k = 1; k < 60; k++) {
    const next = (term * (mu - (2 * k - 1) ** 2)) / (k * 8 * x);
    if (Math.abs(next) >= Math.abs(term) || Math.abs(next) < 1e-18) break;
    term = next;
    if (k % 2 === 1) q += k % 4 === 1 ? term : -term;
    else p += k % 4 === 2 ? -term : term;
  }
  // cos and sin of x − π/4, or of x − 3π/4, without the rounding of that difference.
  const [sin, cos] = [Math.sin(x), Math.cos(x)];
  const [c, s] = order === 0 ? [cos + sin, sin - cos] : [sin - cos, -cos - sin];
  const size = 1 / Math.sqrt(Math.PI * x);
  return [size * (p * c - q * s), size * (p * s + q * c)];
}

export function j0(x) {
  const size = Math.abs(x);
  if (!(size > 0)) return Number.isNaN(x) ? x : 1;
  if (size === Infinity) return 0;
  if (size < 1e-8) return 1;
  return size < 25 ? downward(size)[0] : hankel(0, size)[0];
}

export function j1(x) {
  const size = Math.abs(x);
  if (!(size > 0)) return x;
  if (size === Infinity) return 0;
  if (size < 1e-8) return x / 2;
  return Math.sign(x) * (size < 25 ? downward(size)[1] : hankel(1, size)[0]);
}

const EULER = 0.5772156649015329;

/** Neumann's series (Abramowitz and Stegun 9.1.88). */
export function y0(x) {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return 0;
  if (x >= 25) return hankel(0, x)[1];
  if (x < 1e-8) return (2 / Math.PI) * (Math.log(x / 2) + EULER);
  const j = downward(x);
  let sum = 0;
  for (let k = Math.floor((j.length - 2) / 2); k > 0; k--) sum += ((k % 2 === 0 ? 1 : -1) * j[2 * k]) / k;
  return (2 / Math.PI) * ((Math.log(x / 2) + EULER) * j[0] - 2 * sum);
}

export function y1(x) {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return 0;
  if (x >= 25) return hankel(1, x)[1];
  if (x < 1e-8) return -2 / Math.PI / x;
  const j = downward(x);
  let sum = 0;
  for (let k = Math.floor((j.length - 3) / 2); k > 0; k--)
    sum += (((k % 2 === 0 ? 1 : -1) * (2 * k + 1)) / (k * (k + 1))) * j[2 * k + 1];
  return (2 / Math.PI) * ((Math.log(x / 2) + EULER - 1) * j[1] - j[0] / x - sum);
}

/** By the recurrence on orders, upward where that is stable: up to x, beyond it downward from an order where the function is far smaller. */
export function jn(n, x) {
  if (!(n >= 0) || Number.isNaN(x)) return Number.NaN;
  if (n < 2) return n === 0 ? j0(x) : j1(x);
  const size = Math.abs(x);
  if (size === 0 || size === Infinity) return 0;
  const value = n <= size ? upward(n, size, j0(size), j1(size)) : beyond(n, size);
  return x < 0 && n % 2 === 1 ? -value : value;
}

export function yn(n, x) {
  if (!(n >= 0)) return Number.NaN;
  return n === 0 ? y0(x) : x > 0 && x !== Infinity ? upward(n, x, y0(x), y1(x)) : y1(x);
}

function upward(n, x, first, second) {
  let [before, value] = [first, second];
  for (let k = 1; k < n && Number.isFinite(value); k++) [before, value] = [value, ((2 * k) / x) * value - before];
  return value;
}

/** J of an order above x > 0: what the recurrence makes of 0 and 1 is that by a factor, which J₀ or J₁ tells. */
function beyond(n, x) {
  // (x/2)^n / n! is more than it is.
  if (n * (Math.log(x / 2) + 1 - Math.log(n)) < -760) return 0;
  let [above, value, wanted] = [0, 1, 0];
  for (let k = n + Math.ceil(40 + Math.sqrt(40 * n)); k > 0; k--) {
    [above, value] = [value, ((2 * k) / x) * value - above];
    if (k - 1 === n) wanted = value;
    if (Math.abs(value) > 1e250) [above, value, wanted] = [above * 1e-250, value * 1e-250, wanted * 1e-250];
  }
  const [zero, one] = [j0(x), j1(x)];
  return Math.abs(zero) > Math.abs(one) ? (wanted / value) * zero : (wanted / above) * one;
}

/** Σ (x²/4)^k / (k! (k + order)!), all terms positive; beyond 30 the expansion of large arguments. */
function modified(order, x) {
  if (x < 30) {
    let term = order === 0 ? 1 : x / 2;
    let sum = term;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (x * x) / 4 / (k * (k + order));
      sum += term;
    }
    return sum;
  }
  if (x > 714) return Infinity;
  const mu = 4 * order * order;
  let [term, sum] = [1, 1];
  for (let k = 1; k < 40; k++) {
    term *= ((2 * k - 1) ** 2 - mu) / (k * 8 * x);
    sum += term;
  }
  const root = Math.exp(x / 2);
  return (root / Math.sqrt(2 * Math.PI * x)) * sum * root;
}

export const i0 = (x) => (Number.isNaN(x) ? x : modified(0, Math.abs(x)));
export const i1 = (x) => (Number.isNaN(x) || x === 0 ? x : Math.sign(x) * modified(1, Math.abs(x)));

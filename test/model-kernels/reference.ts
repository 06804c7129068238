/** What the kernels compute, in float64 and in the plainest way. */

/** A · Bᵀ [M, N] for A [M, K] and B [N, K]. */
export function product(a: Float64Array, b: Float64Array, M: number, N: number, K: number): Float64Array {
  const c = new Float64Array(M * N);
  for (let i = 0; i < M; i++)
    for (let j = 0; j < N; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += a[i * K + k]! * b[j * K + k]!;
      c[i * N + j] = sum;
    }
  return c;
}

/** x / √(mean of x² + epsilon) · weight (arXiv 1910.07467); the mean of the first `width`, behind which nothing but zeros stands. */
export function normalized(x: Float64Array, weight: Float64Array, epsilon: number, width = x.length): Float64Array {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / width;
  return x.map((value, i) => (value / Math.sqrt(mean + epsilon)) * weight[i]!);
}

export type Activation = "silu" | "gelu";

const ACTIVATIONS: Readonly<Record<Activation, (x: number) => number>> = {
  silu: (x) => x / (1 + Math.exp(-x)),
  // arXiv 1606.08415, section 2: the form with tanh.
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** act(gate) · up, element by element (arXiv 2002.05202). */
export const gated = (gate: Float64Array, up: Float64Array, activation: Activation): Float64Array =>
  gate.map((value, i) => ACTIVATIONS[activation](value) * up[i]!);

/** cap · tanh(x / cap) (arXiv 2408.00118, section 2), where there is a cap. */
export const capped = (x: number, cap: number | undefined): number =>
  cap === undefined ? x : cap * Math.tanh(x / cap);

/** Each row of y [rows, width] with the bias added, where there is one. */
export const biased = (y: Float64Array, bias: Float64Array | undefined): Float64Array =>
  bias ? y.map((value, at) => value + bias[at % bias.length]!) : y;

export const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value + b[i]!);

/** cos and sin of each position's angles, [positions, D/2]. */
export interface RotaryTable {
  readonly cosine: Float64Array;
  readonly sine: Float64Array;
}

/** A head's vector [D] turned to a position: the pairs are (i, i + D/2) (arXiv 2104.09864). */
export function turned(vector: Float64Array, { cosine, sine }: RotaryTable, position: number): Float64Array {
  const half = vector.length / 2;
  return vector.map((value, i) => {
    const angle = position * half + (i % half);
    return i < half
      ? value * cosine[angle]! - vector[i + half]! * sine[angle]!
      : value * cosine[angle]! + vector[i - half]! * sine[angle]!;
  });
}

/** Σ weight · value / Σ weight over rows of values, with weights 2^score. */
export function softmaxSum(scores: readonly number[], rows: readonly Float64Array[]): Float64Array {
  const top = Math.max(...scores);
  const weights = scores.map((score) => 2 ** (score - top));
  const total = weights.reduce((a, b) => a + b, 0);
  const out = new Float64Array(rows[0]!.length);
  rows.forEach((row, token) => {
    for (let i = 0; i < out.length; i++) out[i]! += (weights[token]! * row[i]!) / total;
  });
  return out;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

/** Vector `index` of those of size D that lie one after the other. */
export const vector = (data: Float64Array, index: number, D: number): Float64Array =>
  data.subarray(index * D, (index + 1) * D);

/** Each of the vectors of size D through a function. */
export function mapVectors(
  data: Float64Array,
  D: number,
  of: (vector: Float64Array, index: number) => Float64Array,
): Float64Array {
  const out = new Float64Array(data.length);
  for (let index = 0; index < data.length / D; index++) out.set(of(vector(data, index, D), index), index * D);
  return out;
}

/** What the kernels of combining.kernel.ts give. */
import type { DType } from "../../compiler/ir/index.js";
import type { Corner } from "./corners.js";

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

const MATRIX = indices(32).map((i) => ((i * 7) % 13) - 6);
const rows = indices(4).map((r) => MATRIX.slice(8 * r, 8 * r + 8));
const columns = indices(8).map((c) => rows.map((one) => one[c]!));

const SAMPLES = indices(64).map((i) => (i * i) % 16);
const moments = indices(4).map((r) => {
  const values = SAMPLES.slice(16 * r, 16 * r + 16);
  const mean = total(values) / 16;
  return { mean, variance: total(values.map((x) => (x - mean) ** 2)) / 16 };
});

const PAIRS = [3, -2, 5, 1, 5, 0, -7, 2, -7, 4, 5, 1, 0, 3, 2, 1];

const STARTS = [1, 2, 0, 3, 1, 0, 0, 5, 2, 4, 1, 0, 6, 2, 3, 1];
const scanned = (values: readonly number[], combine: (a: number, b: number) => number): number[] => {
  const found: number[] = [];
  for (const x of values) found.push(found.length === 0 ? x : combine(found.at(-1)!, x));
  return found;
};
const decayed = (values: readonly number[]): number[] => scanned(values, (h, x) => 0.5 * h + x);
const cube = indices(16);
for (const outer of [0, 1])
  for (const inner of [0, 1]) {
    const places = indices(4).map((m) => outer * 8 + m * 2 + inner);
    const line = scanned(
      places.map((at) => STARTS[at]!),
      (a, b) => a + b,
    );
    for (const [at, place] of places.entries()) cube[place] = line[at]!;
  }

const collatz = (n: number): number => (n <= 1 ? 0 : 1 + collatz(n % 2 === 0 ? n / 2 : 3 * n + 1));

export const COMBINING: readonly Corner[] = [
  ...(["f32", "f16", "bf16", "i32", "i64"] as const).map((dtype) => ({
    title: `a function reduces ${dtype}`,
    kernel: "reduceOne",
    dtypes: { T: dtype },
    args: { x: { dtype, numbers: MATRIX } },
    want: [
      ...rows.map(total),
      ...columns.map((one) => Math.max(...one)),
      Math.min(...MATRIX),
      ...rows.map((one) => Math.max(...one)),
    ],
  })),
  {
    title: "three numbers are reduced together",
    kernel: "welford",
    args: { x: { dtype: "f32" as DType, numbers: SAMPLES } },
    want: [...moments.map(({ mean }) => mean), ...moments.map(({ variance }) => variance)],
    near: 1e-6,
  },
  ...(["f32", "bf16", "i64"] as const).map((dtype) => ({
    title: `pairs of ${dtype} and places are reduced together`,
    kernel: "bestOfPairs",
    dtypes: { T: dtype },
    args: { x: { dtype, numbers: PAIRS } },
    want: [5, 2, -7, 6, 1, 1, 16, 0],
  })),
  {
    title: "functions scan",
    kernel: "scans",
    args: { x: { dtype: "f32" as DType, numbers: STARTS } },
    want: [
      ...scanned(STARTS, Math.max),
      ...scanned(STARTS, (sum, x) => (x === 0 ? 0 : sum + x)),
      ...decayed(STARTS),
      ...decayed([...STARTS].reverse()).reverse(),
      ...cube,
    ],
  },
  {
    title: "a function is asked for each element",
    kernel: "elements",
    args: { x: { dtype: "i32" as DType, numbers: indices(8).map((i) => i + 1) }, n: 3 },
    want: [
      ...indices(8).map((i) => collatz(i + 1)),
      ...indices(8).flatMap((i) => [0, i]),
      ...indices(8).flatMap((i) => [Number(i < 3), Number(i < 3)]),
      ...indices(8).map(() => 1),
    ],
  },
  {
    title: "functions of elements read numbers around them",
    kernel: "numbersAround",
    args: { x: { dtype: "i32" as DType, numbers: indices(8).map((i) => i + 1) } },
    want: [1, 3, 6, 10, 15, 5, 12, 4, ...indices(8).map((i) => 0.5 + 3 * (i + 1)), 4, 3],
  },
];

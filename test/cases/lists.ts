/** What the kernels of lists.kernel.ts give. */

import type { Corner } from "./corners.js";

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const accumulators = (N: number): Corner => {
  const x = indices(48 * 16 * N).map((i) => i % 7);
  const product = (n: number, row: number, column: number): number =>
    indices(48).reduce((sum, k) => sum + x[row * 48 + k]! * x[k * 16 * N + n * 16 + column]!, n);
  return {
    title: `${N} accumulators in a list`,
    kernel: "accumulators",
    args: { x: { dtype: "f16", numbers: x }, K: 48 },
    constants: { N },
    want: indices(N).flatMap((n) => indices(256).map((at) => product(n, at >> 4, at & 15))),
  };
};

/** What JavaScript makes of `total`. */
function total(list: readonly number[], turns: number): number {
  let sum = 0;
  for (let turn = 0; turn < turns; turn++) sum = sum < 100 ? sum + list.reduce((a, b) => a + b) : 0;
  return sum;
}

const AFTER = [102, 201, 331];

export const LISTS: readonly Corner[] = [
  accumulators(2),
  accumulators(3),
  {
    title: "elements of lists are variables",
    kernel: "listElements",
    args: { x: { dtype: "f32", numbers: [1, 2, 3] }, n: 4 },
    want: [
      ...[2, 1, 31],
      ...AFTER,
      1 + 20 + 200,
      ...[1002, -2001, 3031],
      total(AFTER, 4),
      ...indices(4).map((i) => i * 4),
    ],
  },
  {
    title: "lists are made by a function of the index",
    kernel: "madeLists",
    args: { x: { dtype: "f32", numbers: [1, 2, 3] }, n: 4 },
    want: [1 + 20 + 60, 4, 6, 72, 6, 9],
  },
  {
    title: "?: chooses between lists and between objects",
    kernel: "chosenLists",
    args: { x: { dtype: "f32", numbers: [1, 2, 3] }, n: 4 },
    // [3, 1] → one [1, 2] → [2, 11] → [2, 11] → [11, 12]
    want: [1, 4, 3, 9, 11, 12],
  },
];

/** What the kernels of addresses.kernel.ts give. */
import type { Corner, CornerMemory } from "./corners.js";

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const floats = (numbers: readonly number[]): CornerMemory => ({ dtype: "f32", numbers });
const total = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

const FIRST = indices(20).map((i) => i / 2);
const SECOND = indices(7).map((i) => i * 300 - 900);
const THIRD = indices(32).map((i) => 1 - i);
const SQUARE = indices(16).map((i) => i + 100);

export const ADDRESSES: readonly Corner[] = [
  {
    title: "a table of pointers to memory of two dtypes",
    kernel: "sumsOfTable",
    args: {
      table: { dtype: "i64", addressesOf: [floats(FIRST), { dtype: "i16", numbers: SECOND }, floats(THIRD)] },
      sizes: { dtype: "i32", numbers: [FIRST.length, SECOND.length, THIRD.length] },
      n: 3,
    },
    want: [total(FIRST), total(SECOND), total(THIRD)],
  },
  {
    title: "an address for each element",
    kernel: "tileOfAddresses",
    args: {
      table: { dtype: "u64", addressesOf: [floats([1, 2]), "x", floats([5, 6])], more: [12345] },
      x: floats([3, 4]),
    },
    constants: { B: 4 },
    want: [102, 104, 106, -1, 3, 11, 104],
  },
  {
    title: "pointers from addresses in a loop and in a descriptor",
    kernel: "carriedAddress",
    args: { table: { dtype: "i64", addressesOf: [floats(FIRST), floats(SQUARE)] } },
    want: [
      FIRST[0]! + FIRST[2]! + SQUARE[0]!,
      ...indices(16).map((i) => (i < 12 ? SQUARE[i + 4]! : 0)),
      ...FIRST.slice(0, 4),
    ],
  },
];

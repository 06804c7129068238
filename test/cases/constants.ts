/** What the kernels of constants.kernel.ts give. */

import { fromBits, toBits } from "../../runtime/index.js";
import type { Corner, CornerMemory } from "./corners.js";

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const floats = (count: number): CornerMemory => ({ dtype: "f32", numbers: indices(count) });
const add = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

type Square = readonly (readonly number[])[];
const SQUARE: Square = indices(4).map((row) => indices(4).map((column) => row * 4 + column));
const transposed = (x: Square): number[][] => x[0]!.map((_, at) => x.map((one) => one[at]!));
const summed = (x: Square, axis: number): number[] => (axis === 1 ? x : transposed(x)).map(add);

function running(x: Square, axis: number, reverse: boolean): number[][] {
  if (axis === 0) return transposed(running(transposed(x), 1, reverse));
  return x.map((one) => one.map((_, at) => add(reverse ? one.slice(at) : one.slice(0, at + 1))));
}

const axes = (axis: number, keep: boolean): Corner => ({
  title: `axis ${axis} by a constant, ${keep ? "kept" : "gone"}`,
  kernel: "axes",
  args: { x: floats(16), n: 1 },
  constants: { AXIS: axis, KEEP: keep },
  want: [
    ...summed(SQUARE, axis),
    ...summed(SQUARE, 1 - axis).map((one) => one * 2),
    ...[120, 240, -12345, -12345],
    ...running(SQUARE, axis, keep).map((one) => add(one.map((value, at) => value * at))),
  ],
});

const PRODUCT = indices(16).flatMap((row) =>
  indices(16).map((column) => add(indices(16).map((k) => (row * 16 + k) * (k * 16 + column))) + 0.5),
);
const options = (constants: Corner["constants"], halves: readonly number[]): Corner => ({
  title: `options by constants: ${Object.values(constants!).join(", ")}`,
  kernel: "options",
  args: { x: floats(256) },
  constants,
  want: [...PRODUCT, ...halves],
});

const rounded = (dtype: "f16" | "bf16", value: number): number => fromBits(dtype, toBits(dtype, [value]))[0]!;
const dtypes = (D: "f16" | "bf16" | "i32", STEP: number): Corner => {
  const to = D === "i32" ? (value: number) => Math.trunc(value) + 0 : (value: number) => rounded(D, value);
  const stepped = (plus: number) => indices(8).map((i) => to(Math.fround(Math.fround(i * Math.fround(STEP)) + plus)));
  const roots = indices(8).map((i) => (D === "i32" ? -12345 : rounded(D, Math.sqrt(i))));
  const last = stepped(256.5).map((value) => (D === "i32" ? Math.floor(value / 4) : 2));
  return {
    title: `${D} by a constant`,
    kernel: "dtypes",
    args: { x: floats(8) },
    constants: { D, STEP },
    want: [...stepped(256.5), ...stepped(Math.fround(0.7)), ...roots, ...last],
  };
};

const byText = (OF: "rows" | "columns", axis: number): Corner => ({
  title: `${OF} by a text`,
  kernel: "byText",
  args: { x: floats(16), n: 2 },
  constants: { OF },
  want: [...summed(SQUARE, axis), ...summed(SQUARE, 1 - axis).map((one) => one * 3)],
});

export const CONSTANTS: readonly Corner[] = [
  byText("rows", 1),
  byText("columns", 0),
  axes(0, false),
  axes(1, true),
  options(
    { CACHE: "ca", SEM: "relaxed", PRECISION: "ieee", ROUNDING: "rtne", LAST: true },
    indices(16).map((i) => rounded("f16", i + 2049)),
  ),
  options(
    { CACHE: "cg", SEM: "acq_rel", PRECISION: "tf32", ROUNDING: "rtz", LAST: false },
    indices(16).map((i) => i + 2049 - ((i + 1) % 2)),
  ),
  dtypes("f16", 0.3),
  dtypes("bf16", 0.3),
  dtypes("i32", -1.5),
  {
    title: "the variable of an unrolled loop as an axis, a size and an index",
    kernel: "unrolledTurns",
    args: { x: floats(16) },
    constants: { TURNS: 2 },
    want: [
      ...[0, 1].flatMap((axis) => summed(SQUARE, axis)),
      ...[1, 0].flatMap((axis) => summed(SQUARE, axis).map((one) => one * 2)),
      ...[4, 8].map((count, at) => add(indices(count).map((i) => rounded(at === 0 ? "bf16" : "f16", i + 2 ** -9)))),
    ],
  },
];

/** What the kernels of corners.kernel.ts give, worked out in doubles and integers of any size. */

import type { DType } from "../../compiler/ir/index.js";
import { fromBits, toBits } from "../../runtime/index.js";
import { ADDRESSES } from "./addresses.js";
import { ASM } from "./asm.js";
import { COMBINING } from "./combining.js";
import { CONSTANTS } from "./constants.js";
import { DIRECTIONS } from "./directed.js";
import { FUNCTIONS } from "./functions.js";
import { LIBDEVICE } from "./libdevice.js";
import { LISTS } from "./lists.js";
import { OPTIONAL } from "./optional.js";

/** Memory of a pointer: its numbers, and what they are in memory. */
export interface CornerMemory {
  readonly dtype: DType;
  readonly numbers: readonly number[];
}

/** A table of the addresses of memory: of some that stands here, or of an argument, by its name; and numbers behind them. */
export interface CornerTable {
  readonly dtype: "i64" | "u64";
  readonly addressesOf: readonly (CornerMemory | string)[];
  readonly more?: readonly number[];
}

export interface Corner {
  readonly title: string;
  readonly kernel: string;
  /** Memory for pointers, numbers for scalars, nothing for what the launch leaves out. `out` is added. */
  readonly args: Readonly<Record<string, CornerMemory | CornerTable | number>>;
  readonly constants?: Readonly<Record<string, number | boolean | string>>;
  /** Of a generic kernel. */
  readonly dtypes?: Readonly<Record<string, DType>>;
  readonly want: readonly number[];
  /** How far what is right to rounding alone may be off, or each number; 0 for what is exact. */
  readonly near?: number | readonly number[];
  /** Triton's interpreter takes a minute for it, or does not have it. */
  readonly large?: boolean;
}

/** What was got, with what is wanted in place of what is near enough to it. */
export const nearly = (got: readonly number[], { want, near = 0 }: Corner): readonly number[] =>
  got.map((value, at) =>
    Math.abs(value - want[at]!) <= (typeof near === "number" ? near : near[at]!) && value !== want[at]!
      ? want[at]!
      : value,
  );

/** What lies where nothing is written. */
export const UNTOUCHED = -12345;

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const memory = (dtype: DType, numbers: readonly number[]): CornerMemory => ({ dtype, numbers });
const rounded = (dtype: "f16" | "bf16", value: number): number => fromBits(dtype, toBits(dtype, [value]))[0]!;
const half = (value: number): number => rounded("f16", value);
const brain = (value: number): number => rounded("bf16", value);

const NUMBERS = [3.328125, 1, 2, 0.1];

const DIVIDENDS = [7, -7, 7, -7, 8, -8, 0, -1, 2147483647, -2147483648, -72, -70, -71, 1, 10, 11];
const DIVISORS = [3, 3, -3, -3, 4, 4, 5, 10, 2, 7, 10, 10, 10, 2, 3, 4];

const SHIFTED = [5, -5, 1, -1, 0x7fffffff, -0x80000000, 12345, -7];
const AMOUNTS = [0, 31, 32, 40, 7, 8, 33, 64];
/** By the amount, or by all there is: zeros, or the sign. */
const shift = (x: number, by: number, bits: number, how: "<<" | ">>" | ">>>"): number => {
  const number = BigInt.asIntN(bits, BigInt(x));
  if (how === ">>") return Number(number >> BigInt(Math.min(by, bits - 1)));
  if (by >= bits) return 0;
  const moved = how === "<<" ? number << BigInt(by) : BigInt.asUintN(bits, number) >> BigInt(by);
  return Number(BigInt.asIntN(bits, moved));
};
const shiftAll = (bits: number, how: "<<" | ">>" | ">>>"): number[] =>
  SHIFTED.map((x, at) => shift(x, AMOUNTS[at]!, bits, how));

const looped = (a: number, b: number, s: number): number[] => {
  let [turns, last] = [0, -99];
  for (let i = a; s > 0 ? i < b : i > b; i += s) {
    turns++;
    last = i;
  }
  return [turns, last];
};

const bestOf = (values: readonly number[], sign: 1 | -1): number =>
  values.reduce((best, value, at) => (sign * value > sign * values[best]! ? at : best), 0);
const rowsOf = (values: readonly number[], columns: number): number[][] =>
  indices(values.length / columns).map((r) => values.slice(r * columns, (r + 1) * columns));
const columnsOf = (values: readonly number[], columns: number): number[][] =>
  indices(columns).map((c) => rowsOf(values, columns).map((one) => one[c]!));

const { NaN: none, NEGATIVE_INFINITY: least } = Number;
const MISSING = [none, least, none, least, none, none, none, none, 1, none, 1, 0, least, none, 5, none];

const DOUBLES = [1.1, 1 + 2 ** -11 + 2 ** -40, 1 + 2 ** -8 + 2 ** -40, 65519.99999999999];
/** x · x − round(x · x): Dekker's product (A floating-point technique for extending the available precision, 1971), which is exact. */
const leftOver = (x: number): number => {
  const wide = x * (2 ** 27 + 1);
  const high = wide - (wide - x);
  const low = x - high;
  return high * high - x * x + 2 * high * low + low * low;
};
/** Products of two f32 and what is added: in the third the sum lies beside the middle between two f32 by less than f64 tells. */
const FACTORS = [1.1, 3, 1 + 2 ** -12, 2 ** 60].map(Math.fround);
const OTHERS = [1.1, 7, 1 + 2 ** -12, 2 ** -60].map(Math.fround);
const ADDED = [-1.21, -21, 2 ** -60, 2 ** -80].map(Math.fround);
const FUSED = [FACTORS[0]! * OTHERS[0]! + ADDED[0]!, 0, 1 + 2 ** -11 + 2 ** -23, 1];

export const CORNERS: readonly Corner[] = [
  {
    title: "literals take the dtype of what they meet",
    kernel: "literals",
    args: { h: memory("f16", NUMBERS), b: memory("bf16", NUMBERS) },
    want: [
      ...NUMBERS.map((x) => brain(brain(x) * brain(0.1))),
      ...NUMBERS.map(() => brain(0.1)),
      ...NUMBERS.map((x) => Number(half(x) === half(0.1))),
      ...NUMBERS.map((x) => Math.max(half(x), half(0.3))),
      ...NUMBERS.map((x, at) => (at < 2 ? half(x) : half(0.1))),
      ...NUMBERS.map(() => half(0.1)),
      ...NUMBERS.map((x) => brain(brain(x) + brain(257))),
      ...NUMBERS.map((x) => Math.min(Math.max(brain(x), brain(0.1)), brain(0.3))),
      ...NUMBERS.map((x) => brain(brain(x) / brain(0.1))),
      ...NUMBERS.map((x) => half(half(x) * half(0.1) + half(0.3))),
    ],
  },
  {
    title: "conversions of literals are not skipped",
    kernel: "conversions",
    args: { x: memory("f32", [1]), wide: memory("f64", [3]) },
    want: [
      ...[half(0.1), 2048, Number.POSITIVE_INFINITY, brain(0.1), brain(0.1), brain(0.1), 16777216, 2, 4294967295],
      ...[0.1, 3 * 0.1, 0.1, Math.fround(0.1)],
    ],
  },
  {
    title: "quotients and remainders of what is known and of what is not",
    kernel: "divisions",
    args: { s: -7 },
    constants: { N: -7, M: 3 },
    want: [
      ...[-2, -1, -1, -2, -2, -1, -2, -2, -1, -2],
      ...indices(8).map((at) => ((at - 4) % 3) + 0),
      ...indices(8).map((at) => Math.trunc((at - 4) / 3) + 0),
      ...indices(8).map((at) => Math.ceil((at - 4) / 3) + 0),
      ...[-3, -1, 10],
    ],
  },
  {
    title: "quotients and remainders of tiles",
    kernel: "tileDivisions",
    args: { a: memory("i32", DIVIDENDS), b: memory("i32", DIVISORS) },
    want: [
      ...DIVIDENDS.map((x, at) => Math.trunc(x / DIVISORS[at]!) + 0),
      ...DIVIDENDS.map((x, at) => (x % DIVISORS[at]!) + 0),
      ...DIVIDENDS.map((x, at) => Math.ceil(x / DIVISORS[at]!) + 0),
      ...DIVIDENDS.map((x) => Math.ceil((x >>> 0) / 10)),
      ...DIVIDENDS.map((x, at) => Math.ceil(x / DIVISORS[at]!) + 0),
    ],
  },
  {
    title: "shifts by the width and more",
    kernel: "shifts",
    args: { x: memory("i32", SHIFTED), n: memory("i32", AMOUNTS) },
    constants: { A: -7, B: 28 },
    want: [
      ...shiftAll(32, "<<"),
      ...shiftAll(32, ">>"),
      ...shiftAll(32, ">>>"),
      ...shiftAll(8, ">>"),
      ...SHIFTED.map((x, at) => (AMOUNTS[at]! < 32 ? (x >>> 0) >>> AMOUNTS[at]! : 0)),
      ...shiftAll(64, "<<"),
      ...[0, 0, 15, -1, 5 << 28, 15, 0, 15],
      ...SHIFTED.map((x, at) => shift(x, AMOUNTS[at]! * 128, 32, ">>")),
      ...[0, 0],
      ...SHIFTED.map((x, at) => shift(x, AMOUNTS[at]! * 64, 64, ">>>")),
    ],
  },
  ...(
    [
      [0, 96, 8],
      [10, 5, 3],
      [5, 5, 1],
      [-7, 9, 5],
      [88, -1, -8],
      [5, 10, -3],
      [3, -9, -5],
    ] as const
  ).map(
    ([a, b, s]): Corner => ({
      title: `range(${a}, ${b}, ${s}) with a step that is known as it runs`,
      kernel: "steps",
      args: { a, b, s },
      want: looped(a, b, s),
    }),
  ),
  {
    title: "one rounding",
    kernel: "roundings",
    args: { x: memory("f64", DOUBLES), f: memory("f32", [...FACTORS, ...OTHERS, ...ADDED]) },
    want: [
      ...DOUBLES.map(leftOver),
      ...[1.099609375, 1 + 2 ** -10, half(1 + 2 ** -8), 65504],
      ...[1.1015625, 1, 1 + 2 ** -7, 65536],
      ...FUSED.map(Math.fround),
    ],
  },
  {
    title: "arguments that calls leave out",
    kernel: "optional",
    args: { x: memory("f32", [1]) },
    want: [1 + 2 + 2 + 3, 2 + 6, 3 + 1, 1 + 2 - 1 + 35],
  },
  {
    title: "a fused product and sum of halves",
    kernel: "fusedHalves",
    args: {
      h: memory("f16", [4.5546875, 4.078125, 2.5, 3.25, -(2 ** -22), 2 ** -21]),
      b: memory("bf16", [2.453125, 7, 6, 2.9375, -(2 ** -23), 2 ** -22]),
    },
    want: [11.3828125, 13.2578125, 14.6875, 20.625],
  },
  ...(
    [
      [4, 16],
      [64, 128],
    ] as const
  ).map(([M, N]): Corner => {
    const grid = indices(M * N).map((i) => ((i * 31) % 23) - 11);
    const [most, least] = [bestOf(grid, 1), bestOf(grid, -1)];
    return {
      title: `the index of the best of [${M}, ${N}] in the order of the tile`,
      kernel: "best",
      args: { x: memory("f32", grid) },
      constants: { M, N },
      want: [
        ...[most, least, grid[most]!, most, most, least, grid[most]!, most, most],
        ...rowsOf(grid, N).map((one) => bestOf(one, 1)),
        ...columnsOf(grid, N).map((one) => bestOf(one, -1)),
      ],
      large: M * N > 1000,
    };
  }),
  {
    title: "NaN beside infinities",
    kernel: "missing",
    args: { x: memory("f32", MISSING) },
    want: [least, none, 1, 5, 1, 0, 0, 2, 1, 0, 0, 2, 1, 0, 0, 2, 2, 0, 3, 2],
  },
  {
    title: "effects inside expressions",
    kernel: "effects",
    args: { count: memory("i32", [4]), n: 2 },
    want: [1, UNTOUCHED, 3, 4, UNTOUCHED, 6, 6, UNTOUCHED, 1, 7, 5],
  },
  {
    title: "memory that a condition rules out",
    kernel: "guards",
    args: { p: memory("i32", [1, 2, 3]), n: 3 },
    want: [2, 1, 3, 7, 0],
  },
  {
    title: "what TypeScript's authors write without thinking",
    kernel: "habits",
    args: { n: 5 },
    want: [123, 6321, 10, 20, 34, 1, 6, 10, 13543, 35, 7, 5, 2, Math.fround(Math.LOG2E), 3, 1],
  },
  {
    title: "loops that are left early",
    kernel: "leaving",
    args: { x: memory("i32", [3, 0, 5, -1, 7, 9]), n: 6 },
    want: [108, 4, 13, 1, 26],
  },
  ...[1, 2, 3, 4, 5].map((K): Corner => {
    const numbers = [0.5, 2, 5];
    const behind = (v: number) => (K < 3 ? K * v : K === 5 ? 28 + Math.trunc(v) : v + (K - 3) / 4 + (v > 1 ? 100 : 0));
    const ofValue = (v: number): number =>
      K < 3 || v <= 4 ? (v + Number(K > 2) < 3 ? 0 : 0.5) + v + Number(K > 2) : v * 3;
    return {
      title: `returns that constants decide, of ${K}`,
      kernel: "returns",
      args: { x: memory("f32", numbers) },
      constants: { K },
      want: [...numbers.map(behind), ...numbers.map(ofValue)],
    };
  }),
  {
    title: "atomics of tiles of pointers with one value",
    kernel: "atomics",
    args: {
      ...{ locks: memory("i64", [0, 1, 0, 2, 0, 3, 0, 4]), y: memory("i32", [7]) },
      ...{
        x: memory("f32", [none, 2, -3, 4]),
        most: memory("f32", [1, none, -1, 5]),
        least: memory("f32", [1, none, -1, 5]),
      },
    },
    constants: { A: 5 },
    want: [0, 1, 0, 2, 0, 3, 0, 4, 7, 5, none, none, -1, 5, 1, 2, -3, 4],
  },
  {
    title: "stages that are a constant",
    kernel: "stages",
    args: { x: memory("f32", [1, 5, 2]), n: 3 },
    constants: { S: 2 },
    want: [5, 8],
  },
  {
    title: "members that are spread",
    kernel: "spreads",
    args: { n: 5, count: memory("i32", [0]) },
    want: [196, 185, 5, 12, 197],
  },
  {
    title: "dtypes of the memory that a function is given",
    kernel: "pointees",
    args: { p: memory("f16", [0, 0, 0, 0]), q: memory("i8", [0, 0, 0, 0]) },
    want: [152.5, 152],
  },
  {
    title: "turns side by side, and a name that is there again",
    kernel: "turns",
    args: { n: 3 },
    constants: { B: 16 },
    want: [2226],
  },
  {
    title: "sizes and flags that constants choose, when true",
    kernel: "chosen",
    args: { x: memory("f32", [1, none]), n: 4 },
    constants: { B: 16, F: true },
    want: [8, 16, 16 + 4, 8, 32 + 32, 1, 3, 2, 1, 0, 0, 1, 2, 3, 6, 6, 5, 3, none, 6],
  },
  {
    title: "sizes and flags that constants choose, when false",
    kernel: "chosen",
    args: { x: memory("f32", [1, none]), n: 4 },
    constants: { B: 4, F: false },
    want: [4, 4, 8 + 4, 32, 8 + 8, 1, 0, 1, 2, 3, 3, 2, 1, 0, 0, 1, 3, 6, 1, 6],
  },
  {
    title: "warps, threads, a multiprocessor and a clock",
    kernel: "whereItRuns",
    args: { x: memory("f32", indices(64)) },
    want: [8, 256, 1, 2016, 1, 0, 8],
    // It has neither warps nor PTX.
    large: true,
  },
  {
    title: "a tile that is stored to two buffers, and a descriptor in place",
    kernel: "storesApart",
    args: {
      x: memory(
        "f32",
        indices(8).map(() => 50),
      ),
      y: memory(
        "f32",
        indices(8).map(() => 60),
      ),
    },
    want: [
      ...indices(8).map((i) => (i < 3 ? i + 1 : 50)),
      ...indices(8).map((i) => (i < 3 ? 60 : i + 1)),
      ...[1, 2, 3, 0],
    ],
  },
  ...DIRECTIONS,
  ...LIBDEVICE,
  ...FUNCTIONS,
  ...COMBINING,
  ...ASM,
  ...CONSTANTS,
  ...LISTS,
  ...OPTIONAL,
  ...ADDRESSES,
];

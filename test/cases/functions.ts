/** What the kernels of functions.kernel.ts give. */
import type { Corner, CornerMemory } from "./corners.js";

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const memory = (numbers: readonly number[]): CornerMemory => ({ dtype: "f32", numbers });

const SIGNED = indices(16).map((i) => i - 8);
const COUNTED = indices(16).map((i) => i + 1);
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const relu = (x: number): number => Math.max(x, 0);
const leaky = (x: number): number => (x < 0 ? x * 0.5 : x);

const chosen = (f: (x: number) => number, written: readonly number[]): number[] => [
  ...SIGNED.map(f),
  ...SIGNED.map((x) => f(f(x))),
  ...written,
  ...SIGNED.map((x) => leaky(x) * 2),
  ...SIGNED.map((x) => (x + 1) * 3),
];

export const FUNCTIONS: readonly Corner[] = [
  {
    title: "functions are passed, and passed on",
    kernel: "functionsPassed",
    args: { x: memory(SIGNED), s: 3 },
    want: [
      ...SIGNED.map(relu),
      ...SIGNED.map((x) => x * 3 + 1),
      ...SIGNED.map(Math.abs),
      ...SIGNED.map((x) => leaky(leaky(x))),
    ],
  },
  {
    title: "a constant chooses a function",
    kernel: "functionsChosen",
    args: { x: memory(SIGNED) },
    constants: { LEAKY: true },
    want: chosen(leaky, SIGNED),
  },
  {
    title: "a constant chooses the other function",
    kernel: "functionsChosen",
    args: { x: memory(SIGNED) },
    constants: { LEAKY: false },
    want: chosen(
      relu,
      SIGNED.map(() => -12345),
    ),
  },
  {
    title: "the parameters of a kernel are passed, whole, in part and with more",
    kernel: "objectsPassed",
    args: { x: memory(COUNTED), n: 10 },
    constants: { B: 16 },
    want: [
      total(COUNTED.slice(0, 10)),
      2 * total(COUNTED.slice(0, 10)),
      2 + 3 + 4 + 5 + 10,
      total(COUNTED.slice(0, 9)),
      3,
    ],
  },
  ...(["twice", "once"] as const).map((MODE) => ({
    title: `${MODE}: a text of a build in an object`,
    kernel: "constantsInObjects",
    args: { x: memory(SIGNED) },
    constants: { MODE, LEAKY: true },
    want: SIGNED.map((x) => (MODE === "twice" ? x * 2 : leaky(x))),
  })),
  {
    title: "a function takes fewer arguments than it is given",
    kernel: "fewerTaken",
    args: { x: memory(SIGNED) },
    want: SIGNED.map((x) => x + 2),
  },
  { title: "a function sees the turn of its loop", kernel: "functionInTurns", args: {}, want: [30, 51, 72] },
];

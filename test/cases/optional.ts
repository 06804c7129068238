/** What the kernels of optional.kernel.ts give. */
import type { Corner } from "./corners.js";

const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const X = indices(16).map((i) => i + 1);
const BIAS = indices(16).map((i) => (i % 3) - 1.5);
const WEIGHT = indices(16).map((i) => (i % 5) / 4);

interface Left {
  readonly bias?: readonly number[];
  readonly weight?: readonly number[];
  readonly scale?: number;
  readonly n?: number;
}

const argsOf = ({ bias, weight, scale, n }: Left): Corner["args"] => ({
  x: { dtype: "f32", numbers: X },
  ...(bias && { bias: { dtype: "f32", numbers: bias } }),
  ...(weight && { weight: { dtype: "f16", numbers: weight } }),
  ...(scale !== undefined && { scale }),
  ...(n !== undefined && { n }),
});

const titleOf = (given: Left): string => `given ${Object.keys(given).join(", ") || "nothing"}`;

/** What JavaScript makes of the same text. */
const asked = (given: Left): Corner => {
  const { bias, weight, scale, n } = given;
  const sum = X.map((x, i) => (bias ? x + bias[i]! : x));
  return {
    title: `parameters are asked for, ${titleOf(given)}`,
    kernel: "optionalParameters",
    args: argsOf(given),
    constants: { B: 16 },
    want: [
      ...sum,
      ...sum.map((value, i) => (weight ? value * weight[i]! : -value)),
      ...X.map((x, i) => (i < (n ?? 5) ? x : 0)),
      ...X.map((x) => (scale === undefined ? x : x * scale)),
      ...X.map((x, i) => (bias && weight ? bias[i]! * weight[i]! : x)),
      ...X.map((x) => (scale !== undefined && scale > 2 ? x : 0)),
      ...X.map((x) => (!bias || bias[0]! < 0 ? x : 1)),
    ],
  };
};

const passed = (given: Left): Corner => {
  const { bias, scale } = given;
  return {
    title: `parameters are passed on, ${titleOf(given)}`,
    kernel: "optionalPassed",
    args: argsOf(given),
    want: [
      ...X.map((x, i) => (bias === undefined ? x : x + bias[i]!)),
      ...X.map((x) => x * (scale ?? 1)),
      ...X.map((x) => (scale === undefined ? x - 1 : x / scale)),
    ],
  };
};

const UNTOUCHED = -12345;

const conditions = (more: readonly number[] | undefined, by: number | undefined): Corner => ({
  title: `conditions beside what a launch gives, ${more ? "with" : "without"} more, ${by === undefined ? "without by" : "with by"}`,
  kernel: "optionalConditions",
  args: {
    x: { dtype: "f32", numbers: X },
    n: 3,
    ...(more && { more: { dtype: "f32", numbers: more } }),
    ...(by !== undefined && { by }),
  },
  want: [
    ...X.map((x, i) => (more ? x + more[i]! : UNTOUCHED)),
    ...X.map((_, i) => (more ? more[i]! : UNTOUCHED)),
    ...X.map((x) => (by !== undefined && X[by]! > 2 ? x * by : UNTOUCHED)),
    ...X.map((x) => (by === undefined ? x : UNTOUCHED)),
    ...X.map((x, i) => (i < 4 && more ? x : 0)),
    ...(more ?? X),
    ...X.map((_, i) => (by === undefined && i >= 8 ? UNTOUCHED : 1)),
  ],
});

const defaults = (args: Record<string, number>, want: readonly number[]): Corner => ({
  title: `defaults, given ${Object.keys(args).join(", ") || "nothing"}`,
  kernel: "optionalDefaults",
  args,
  want,
});

export const OPTIONAL: readonly Corner[] = [
  ...[undefined, BIAS].flatMap((more) => [undefined, 0, 7].map((by) => conditions(more, by))),
  defaults({}, [5, 0.5]),
  defaults({ n: 0 }, [0, 0.5]),
  defaults({ n: 2, s: 0 }, [2, 0]),
  asked({}),
  asked({ bias: BIAS, weight: WEIGHT, scale: 4, n: 9 }),
  asked({ bias: BIAS.map((one) => -one) }),
  asked({ weight: WEIGHT, scale: 0.5 }),
  asked({ n: 0 }),
  passed({}),
  passed({ bias: BIAS }),
  passed({ scale: 2 }),
  passed({ bias: BIAS, scale: -4 }),
  {
    title: "a return of launches that leave a parameter out",
    kernel: "optionalReturn",
    args: { x: { dtype: "f32", numbers: X } },
    want: X,
  },
  {
    title: "what follows such a return",
    kernel: "optionalReturn",
    args: { x: { dtype: "f32", numbers: X }, more: { dtype: "f32", numbers: BIAS } },
    want: X.map((x, i) => (i === 0 ? X.reduce((sum, one, at) => sum + one + BIAS[at]!, 0) : x)),
  },
];

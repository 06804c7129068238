/** JavaScript's numeric constants that have meaning in a kernel. */
export const CONSTANTS: Readonly<Record<string, number>> = {
  Infinity: Infinity,
  NaN: NaN,
  "Math.PI": Math.PI,
  "Math.E": Math.E,
  "Math.LN2": Math.LN2,
  "Math.LN10": Math.LN10,
  "Math.LOG2E": Math.LOG2E,
  "Math.LOG10E": Math.LOG10E,
  "Math.SQRT2": Math.SQRT2,
  "Math.SQRT1_2": Math.SQRT1_2,
  "Number.POSITIVE_INFINITY": Infinity,
  "Number.NEGATIVE_INFINITY": -Infinity,
  "Number.NaN": NaN,
  "Number.EPSILON": Number.EPSILON,
  "Number.MAX_VALUE": Number.MAX_VALUE,
  "Number.MIN_VALUE": Number.MIN_VALUE,
};

/** JavaScript's functions over plain numbers, computed where every argument is known when the kernel is built. */
export const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = Object.fromEntries(
  (
    [
      "abs",
      "cbrt",
      "ceil",
      "cos",
      "exp",
      "floor",
      "fround",
      "hypot",
      "log",
      "log10",
      "log2",
      "max",
      "min",
      "pow",
      "round",
      "sign",
      "sin",
      "sqrt",
      "tan",
      "tanh",
      "trunc",
    ] as const
  ).map((name) => [`Math.${name}`, Math[name] as (...values: number[]) => number]),
);

/** Functions that give whole numbers, which then are integers. */
export const WHOLE: ReadonlySet<string> = new Set(["Math.ceil", "Math.floor", "Math.round", "Math.sign", "Math.trunc"]);

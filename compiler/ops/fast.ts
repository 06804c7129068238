import * as problems from "../diagnostics/catalogue/types.js";
import { type DTypeRule, floating } from "./elementwise.js";
import { real } from "./functions.js";
import type { Op } from "./op.js";
import type { Meaning } from "./primitives.js";
import * as p from "./primitives.js";
import { call } from "./python.js";

/** What the hardware's own approximations are of: f32, and the halves that are computed in it. */
const inF32: DTypeRule = (source, operands, context) => {
  const wide = operands.find((type) => type.kind === "tile" && type.dtype === "f64");
  if (wide === undefined) return floating(source, operands, context);
  return context.fail(problems.needsFloat(source.span, { op: source.op, type: wide, only: "f32, f16 and bf16" }));
};

/** A CPU has nothing faster: it computes the function itself. */
const fast = (name: string, python: string, meaning: Meaning, operands?: readonly string[]): Op =>
  real({
    name,
    cost: 40,
    operands,
    python: (_, ...wide) => call(`libdevice.${python}`, wide),
    needs: ["libdevice"],
    rule: inF32,
    meaning,
  });

/** The upper half of a double: its sign, its exponent and 20 digits. */
const UPPER_HALF = -(2 ** 32);

export const FAST: readonly Op[] = [
  ...["sin", "cos", "tan", "exp", "exp10", "log", "log2", "log10"].map((name) =>
    fast(`fast${name[0]!.toUpperCase()}${name.slice(1)}`, `fast_${name}f`, (x) => p.call(name, x)),
  ),
  fast("fastDivide", "fast_dividef", p.div, ["a", "b"]),
  // As there, a logarithm and an exponential: of a number below 0 there is none.
  fast("fastPow", "fast_powf", (a, b) => p.call("exp2", p.mul(b, p.call("log2", a))), ["a", "b"]),
  real({
    name: "rcp64h",
    cost: 10,
    python: (_, x) => call("libdevice.rcp64h", [x]),
    needs: ["libdevice"],
    rule: (source, operands, context) => {
      const other = operands.find((type) => type.kind !== "tile" || type.dtype !== "f64");
      if (other === undefined) return { operands: "f64", result: "f64" };
      return context.fail(problems.needsFloat(source.span, { op: source.op, type: other, only: "f64" }));
    },
    meaning: (x) => p.bitcast(p.and(p.bitcast(p.div(1, x), "i64"), UPPER_HALF), "f64"),
  }),
];

import * as problems from "../diagnostics/catalogue/types.js";
import { type DType, isFloat, isInteger } from "../ir/index.js";
import { arithmetic, type DTypeRule, elementwise, floating } from "./elementwise.js";
import type { Op } from "./op.js";
import type { PreludeName } from "./prelude.js";
import { call, method, type Py, prefix } from "./python.js";
import { dtypeText } from "./python-values.js";
import { erf } from "./real.mjs";

/** Triton's functions take f32 and f64; the halves are computed in f32 and rounded once. */
export function throughF32(dtype: DType, operands: readonly Py[], compute: (...wide: Py[]) => Py): Py {
  if (dtype !== "f16" && dtype !== "bf16") return compute(...operands);
  const wide = operands.map((operand) => (operand.weak ? operand : method(operand, "to", ["tl.float32"])));
  return method(compute(...wide), "to", [dtypeText(dtype)]);
}

/** A function of one real number under Triton's own name. */
const real = (
  name: string,
  cost: number,
  of: (x: number) => number,
  python = `tl.${name}`,
  needs: readonly PreludeName[] = [],
): Op =>
  elementwise({
    name,
    cost,
    operands: ["x"],
    rule: floating,
    needs,
    emit: ([x], { type }) =>
      throughF32(type.kind === "tile" ? type.dtype : "f32", [x!], (wide) => call(python, [wide])),
    of,
  });

const magnitude: DTypeRule = (source, operands, context) => {
  const dtypes = arithmetic(source, operands, context)!;
  return isFloat(dtypes.result) || isInteger(dtypes.result)
    ? dtypes
    : context.fail(problems.needsFloat(source.span, { op: "abs", type: operands[0]! }));
};

export const FUNCTIONS: readonly Op[] = [
  real("exp", 14, Math.exp),
  real("exp2", 12, (x) => 2 ** x),
  real("log", 20, Math.log),
  real("log2", 20, Math.log2),
  real("sqrt", 5, Math.sqrt),
  real("rsqrt", 10, (x) => 1 / Math.sqrt(x)),
  real("sin", 40, Math.sin),
  real("cos", 40, Math.cos),
  real("sigmoid", 20, (x) => 1 / (1 + Math.exp(-x))),
  real("floor", 1, Math.floor),
  real("ceil", 1, Math.ceil),
  real("erf", 40, erf),
  real("tanh", 25, Math.tanh, "libdevice.tanh", ["libdevice"]),
  elementwise({
    name: "abs",
    operands: ["x"],
    rule: magnitude,
    constant: { of: "same" },
    emit: (operands) => call("tl.abs", operands),
    emitConstant: ([x]) => call("max", [x!, prefix("-", x!)]),
    of: Math.abs,
  }),
];

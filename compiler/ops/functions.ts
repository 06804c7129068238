import * as problems from "../diagnostics/catalogue/types.js";
import { type DType, isFloat, isInteger } from "../ir/index.js";
import { arithmetic, type DTypeRule, elementwise, floating } from "./elementwise.js";
import type { Op } from "./op.js";
import { call, infix, LEVEL, method, type Py, prefix } from "./python.js";
import { dtypeText, settle } from "./python-values.js";
import { realFunction } from "./real.mjs";

/** Triton's functions take f32 and f64; the halves are computed in f32 and rounded once. */
export function throughF32(dtype: DType, operands: readonly Py[], compute: (...wide: Py[]) => Py): Py {
  if (dtype !== "f16" && dtype !== "bf16") return compute(...operands);
  const wide = operands.map((operand) => (operand.weak ? operand : method(operand, "to", ["tl.float32"])));
  return method(compute(...wide), "to", [dtypeText(dtype)]);
}

/** A function of real numbers under Triton's own name, or under that of CUDA's libdevice. */
const real = (name: string, cost: number, from: "tl" | "libdevice" = "tl", operands: readonly string[] = ["x"]): Op =>
  elementwise({
    name,
    cost,
    operands,
    rule: floating,
    needs: from === "libdevice" ? [from] : [],
    // Triton would take a number alone for an f32, and libdevice has no function of an f32 and an f64.
    emit: (given, { type, args }) =>
      throughF32(
        type.kind === "tile" ? type.dtype : "f32",
        given.map((one, index) => settle(one, args[operands[index]!]!.type)),
        (...wide) => call(`${from}.${name}`, wide),
      ),
    of: realFunction(name),
  });

/** Rounded as IEEE 754 says, which GPUs do for f64 in any case and for f32 when they are told to. */
const precise = (name: string, operands: readonly string[], python: string, inF64: (...wide: Py[]) => Py): Op =>
  elementwise({
    name,
    cost: 10,
    operands,
    rule: floating,
    emit: (given, { type, args }) => {
      const dtype = type.kind === "tile" ? type.dtype : "f32";
      // Of a half, a number is rounded to one first.
      const settled = given.map((one, index) => settle(one, args[operands[index]!]!.type));
      return throughF32(dtype, settled, (...wide) => (dtype === "f64" ? inF64(...wide) : call(python, wide)));
    },
    of: realFunction(name),
  });

/** What a CPU takes for a call of JavaScript's function for each element. */
const CALL = 60;

/** Those of libdevice that Triton has no name of its own for. */
const LIBDEVICE =
  "acos acosh asin asinh atan atanh cbrt cosh erfc exp10 expm1 log10 log1p rint round sinh tan trunc".split(" ");
const LIBDEVICE_OF_TWO = "atan2 copysign fmod hypot pow".split(" ");

const magnitude: DTypeRule = (source, operands, context) => {
  const dtypes = arithmetic(source, operands, context)!;
  return isFloat(dtypes.result) || isInteger(dtypes.result)
    ? dtypes
    : context.fail(problems.needsFloat(source.span, { op: "abs", type: operands[0]! }));
};

export const FUNCTIONS: readonly Op[] = [
  real("exp", 14),
  real("exp2", 12),
  real("log", 20),
  real("log2", 20),
  real("sqrt", 5),
  real("rsqrt", 10),
  precise("sqrtRn", ["x"], "tl.sqrt_rn", (x) => call("tl.sqrt", [x])),
  precise("divRn", ["a", "b"], "tl.div_rn", (a, b) => infix(a, "/", b, LEVEL.product)),
  real("sin", 40),
  real("cos", 40),
  real("sigmoid", 20),
  real("floor", 1),
  real("ceil", 1),
  real("erf", 40),
  real("tanh", 25, "libdevice"),
  ...LIBDEVICE.map((name) => real(name, CALL, "libdevice")),
  ...LIBDEVICE_OF_TWO.map((name) => real(name, CALL, "libdevice", ["a", "b"])),
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

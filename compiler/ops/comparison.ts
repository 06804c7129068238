import * as problems from "../diagnostics/catalogue/types.js";
import { COMPARE_DIMS, type Expr } from "../ir/index.js";
import { operatorText } from "./broadcast.js";
import { isPointer, literal } from "./convert.js";
import { comparing, elementwise } from "./elementwise.js";
import type { Call, Op } from "./op.js";
import type { Meaning } from "./primitives.js";
import * as p from "./primitives.js";
import { infix, LEVEL } from "./python.js";

const comparison = (name: string, python: keyof typeof COMPARE_DIMS, meaning: Meaning): Op =>
  elementwise({
    name,
    operands: ["a", "b"],
    operator: true,
    rule: comparing,
    constant: { of: "bool", dim: COMPARE_DIMS[python] },
    emit: ([a, b]) => infix(a!, python, b!, LEVEL.comparison),
    meaning,
  });

const isString = ({ type }: Expr): boolean => type.kind === "const" && type.of === "string";

/** Constants of text are equal or not when the kernel is built. */
function compareText(call: Call, a: Expr, b: Expr): Expr {
  if (a.kind === "literal" && b.kind === "literal")
    return literal((a.value === b.value) === (call.op === "eq"), { kind: "const", of: "bool" }, call.span);
  return { kind: "op", op: call.op, args: { a, b }, attrs: {}, type: { kind: "const", of: "bool" }, span: call.span };
}

/** Adds to a comparison of numbers what it says of text, and of pointers. */
function beyondNumbers(op: Op): Op {
  return {
    ...op,
    infer(call, context) {
      const { a, b } = call.args as { a: Expr; b: Expr };
      if ((op.name === "eq" || op.name === "ne") && isString(a) && isString(b)) return compareText(call, a, b);
      if (!isPointer(a.type) && !isPointer(b.type)) return op.infer(call, context);
      const facts = { op: operatorText(call.op), a: a.type, b: b.type };
      return context.fail(problems.pointerCompared(call.span, facts, context.origins(a, b)));
    },
  };
}

export const COMPARISON: readonly Op[] = [
  comparison("eq", "==", p.eq),
  comparison("ne", "!=", p.ne),
  comparison("lt", "<", p.lt),
  comparison("le", "<=", p.le),
  comparison("gt", ">", p.gt),
  comparison("ge", ">=", p.ge),
].map(beyondNumbers);

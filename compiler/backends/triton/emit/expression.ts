import { type Expr, isFloat8 } from "../../../ir/index.js";
import { call, index, literalText, materialize, OPS, type Py, py } from "../../../ops/index.js";
import type { FunctionText } from "./function-text.js";

type Rule<K extends Expr["kind"]> = (expr: Extract<Expr, { kind: K }>, text: FunctionText) => Py;

/** The Python of an expression. */
export function expressionPy(expr: Expr, text: FunctionText): Py {
  return (RULES[expr.kind] as Rule<Expr["kind"]>)(expr as never, text);
}

/** The Python of a value that keeps its dtype wherever it goes: an argument, an element, a return value. */
export const valuePy = (expr: Expr, text: FunctionText): Py => materialize(expressionPy(expr, text), expr.type);

/** An operand; of a function that combines elements its name. */
const operandPy = (name: string, arg: Expr, text: FunctionText): Py =>
  name === "combine" && arg.kind === "call" ? py(text.module.callee(arg.callee).name) : expressionPy(arg, text);

const RULES: { readonly [K in Expr["kind"]]: Rule<K> } = {
  literal: (expr) => {
    const text = literalText(expr.value, expr.type);
    // Triton takes a number that meets no tensor for a float32.
    const double = expr.type.kind === "tile" && expr.type.dtype === "f64" && typeof expr.value === "number";
    if (double && !Object.is(Math.fround(expr.value as number), expr.value)) return materialize(text, expr.type);
    // What it makes of one that meets 8 bits depends on where that is.
    return expr.type.kind === "tile" && isFloat8(expr.type.dtype) ? materialize(text, expr.type) : text;
  },
  ref: (expr, text) => text.reference(expr.name, expr.type.kind === "const"),
  op: (expr, text) => {
    const op = OPS.get(expr.op)!;
    for (const need of op.needs?.(expr) ?? []) text.module.need(need);
    // What inlineAsm means on a CPU is no part of the module.
    const { combine, ...operands } = expr.args;
    const given = expr.op === "inlineAsm" ? operands : expr.args;
    const args = Object.fromEntries(Object.entries(given).map(([name, arg]) => [name, operandPy(name, arg, text)]));
    return op.emit(args, text.renamed(expr));
  },
  call: (expr, text) => {
    const callee = text.module.callee(expr.callee);
    const args = expr.args.map((arg) => valuePy(arg, text));
    const constants = callee.constants.map((name) => text.constant(name));
    return call(callee.name, [...args, ...constants]);
  },
  tuple: (expr, text) => {
    const items = expr.items.map((item) => valuePy(item, text).text);
    return py(`(${items.join(", ")}${items.length === 1 ? "," : ""})`);
  },
  element: (expr, text) => index(expressionPy(expr.of, text), expr.index),
};

import { type Expr, operands, type Type } from "../../ir/index.js";
import { type Call, isNumbers, OPS, shapeOf } from "../../ops/index.js";

const isBool = (type: Type): boolean =>
  (isNumbers(type) && type.dtype === "bool") || (type.kind === "const" && type.of === "bool");

/** Whether computing it touches memory; what a function of the author's does is taken for that. */
const acts = (expr: Expr): boolean =>
  expr.kind === "call" ||
  (expr.kind === "op" && Boolean(OPS.get(expr.op)?.effect || OPS.get(expr.op)?.reads)) ||
  operands(expr).some(acts);

/**
 * `a && b` and `a || b` whose left side is one condition for the program and whose right side touches memory, as the choice that TypeScript
 * makes of it: the right side runs only where it decides. Undefined where both sides may be computed.
 */
export function guarded({ op, args, span }: Call): Call | undefined {
  const { a, b } = args as { a: Expr; b: Expr };
  if ((op !== "and" && op !== "or") || shapeOf(a.type).length > 0 || !isBool(a.type) || !isBool(b.type) || !acts(b))
    return undefined;
  const decided: Expr = { kind: "literal", value: op === "or", type: { kind: "const", of: "bool" }, span };
  const shape = shapeOf(b.type);
  const otherwise: Expr =
    shape.length === 0
      ? decided
      : { kind: "op", op: "full", args: { value: decided }, attrs: { shape, dtype: "bool" }, type: b.type, span };
  const choice = op === "and" ? { a: b, b: otherwise } : { a: otherwise, b };
  return { op: "select", args: { condition: a, ...choice }, attrs: {}, span };
}

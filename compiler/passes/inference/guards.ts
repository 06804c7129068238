import { type Expr, scalar } from "../../ir/index.js";
import { anyOp, type Call, isBool, isImpure, literal, shapeOf } from "../../ops/index.js";

const touchesMemory = (expr: Expr): boolean => anyOp(expr, isImpure);

/**
 * `a && b` and `a || b` whose left side is one condition for the program and whose right side touches memory, as the choice that TypeScript
 * makes of it: the right side runs only where it decides. Undefined where both sides may be computed.
 */
export function guarded({ op, args, span }: Call): Call | undefined {
  const { a, b } = args as { a: Expr; b: Expr };
  if (
    (op !== "and" && op !== "or") ||
    shapeOf(a.type).length > 0 ||
    !isBool(a.type) ||
    !isBool(b.type) ||
    !touchesMemory(b)
  )
    return undefined;
  const decided = literal(op === "or", scalar("bool"), span);
  const shape = shapeOf(b.type);
  const otherwise: Expr =
    shape.length === 0
      ? decided
      : { kind: "op", op: "full", args: { value: decided }, attrs: { shape, dtype: "bool" }, type: b.type, span };
  const choice = op === "and" ? { a: b, b: otherwise } : { a: otherwise, b };
  return { op: "select", args: { condition: a, ...choice }, attrs: {}, span };
}

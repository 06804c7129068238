import { type Expr, scalar } from "../../ir/index.js";
import { anyOp, asksForGiven, type Call, isBool, isImpure, literal, shapeOf } from "../../ops/index.js";

const touchesMemory = (expr: Expr): boolean => anyOp(expr, isImpure);

/**
 * `a && b` and `a || b` whose left side is one condition for the program and whose right side touches memory, as the choice that TypeScript
 * makes of it: the right side runs only where it decides. So with a question for an optional parameter, on either side: what is asked beside
 * it may make no sense where that is left out. Undefined where both sides may be computed.
 */
export function guarded({ op, args, span }: Call): Call | undefined {
  const { a, b } = args as { a: Expr; b: Expr };
  if ((op !== "and" && op !== "or") || !isBool(a.type) || !isBool(b.type)) return undefined;
  const settled = b.type.kind === "const" && asksForGiven(b) && a.type.kind !== "const";
  const asked = shapeOf(a.type).length === 0 && asksForGiven(a) && b.type.kind !== "const";
  if (!settled && !asked && (shapeOf(a.type).length > 0 || !touchesMemory(b))) return undefined;
  const [condition, value] = settled ? [b, a] : [a, b];
  const decided = literal(op === "or", scalar("bool"), span);
  const shape = shapeOf(value.type);
  const otherwise: Expr =
    shape.length === 0
      ? decided
      : { kind: "op", op: "full", args: { value: decided }, attrs: { shape, dtype: "bool" }, type: value.type, span };
  const choice = op === "and" ? { a: value, b: otherwise } : { a: otherwise, b: value };
  return { op: "select", args: { condition, ...choice }, attrs: {}, span };
}

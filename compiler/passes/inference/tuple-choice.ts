import type { Expr, Type } from "../../ir/index.js";
import { anyOp, type Call, hasEffect, type InferContext, OPS } from "../../ops/index.js";

type Tuple = Extract<Type, { kind: "tuple" }>;

/** The elements of a tuple that may be written more than once: of a list, or of a variable. */
function elements(expr: Expr): readonly Expr[] | null {
  if (expr.type.kind !== "tuple") return null;
  if (expr.kind === "tuple") return expr.items;
  const { span } = expr;
  return expr.kind === "ref"
    ? expr.type.items.map((type, index) => ({ kind: "element", of: expr, index, type, span }))
    : null;
}

const namesOf = ({ type }: Expr): string => String((type as Tuple).names);

/**
 * `c ? [a, b] : [x, y]` as `[c ? a : x, c ? b : y]`; undefined for what is no such choice. The condition is asked for each element, so it must do nothing.
 * Null after a problem.
 */
export function tupleChoice({ op, args, attrs, span }: Call, context: InferContext): Expr | null | undefined {
  const { condition, a, b } = args as { condition: Expr; a: Expr; b: Expr };
  if (op !== "select" || anyOp(condition, hasEffect)) return undefined;
  const [left, right] = [elements(a), elements(b)];
  if (!left || !right || left.length !== right.length || namesOf(a) !== namesOf(b)) return undefined;
  const items: Expr[] = [];
  for (const [index, item] of left.entries()) {
    const chosen = OPS.get(op)!.infer({ op, args: { condition, a: item, b: right[index]! }, attrs, span }, context);
    if (chosen === null) return null;
    items.push(chosen);
  }
  return { kind: "tuple", items, type: { ...(a.type as Tuple), items: items.map(({ type }) => type) }, span };
}

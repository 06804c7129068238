import { type Expr, operands } from "../../../ir/index.js";
import type { Environment } from "../lanes/variables.js";
import { costOfOp, isWhole } from "../ops.js";

/** Rough vector instructions for one element of an expression, everything that is computed in place counted. */
export function costOf(expr: Expr, env: Environment, seen = new Set<Expr>()): number {
  if (seen.has(expr)) return 0;
  seen.add(expr);
  if (env.ahead.has(expr) || isWhole(expr)) return 1;
  if (expr.kind === "ref") {
    const inlined = env.inlined.get(expr.name);
    return inlined ? costOf(inlined, env, seen) : expr.type.kind === "tile" && expr.type.shape.length > 0 ? 1 : 0;
  }
  if (expr.kind !== "op") return 0;
  const own = expr.type.kind === "tile" && expr.type.pointer ? 0 : costOfOp(expr);
  return operands(expr).reduce((sum, operand) => sum + costOf(operand, env, seen), own);
}

import type { Expr, Stmt } from "../../ir/index.js";
import { lowerExpression } from "../expressions/index.js";
import { unwrapped } from "../names.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";

/** The expression that is all a statement computes, and what comes before the statement: calls that an object spreads. */
export function lowerWhole(
  node: ts.Expression,
  scope: Scope,
): { readonly before: readonly Stmt[]; readonly value: Expr } {
  const before: Stmt[] = [];
  scope.before = ts.isObjectLiteralExpression(unwrapped(node)) ? before : null;
  const value = lowerExpression(node, scope);
  scope.before = null;
  return { before, value };
}

import { notStatic } from "../../diagnostics/catalogue/frontend.js";
import type { Expr } from "../../ir/index.js";
import { unwrapped } from "../names.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";
import { lowerExpression } from "./index.js";

export type Lower = (node: ts.Expression) => Expr;

/** How one kind of syntax becomes an expression of the IR. Problems are reported and give a poisoned expression. */
export type ExpressionRule = (node: never, scope: Scope) => Expr;

export type ExpressionRules = Readonly<Partial<Record<ts.SyntaxKind, ExpressionRule>>>;

/** The items of an array literal; null after reporting that it is none. */
export function lowerList(node: ts.Expression, scope: Scope, what: string): readonly Expr[] | null {
  const list = unwrapped(node);
  if (
    !ts.isArrayLiteralExpression(list) ||
    list.elements.some((item) => ts.isSpreadElement(item) || ts.isOmittedExpression(item))
  ) {
    scope.unit.report(
      notStatic(scope.unit.span(node), {
        what,
        kind: "an array literal of a length",
        instead: "write it in the call, one number for each axis: [row, column]",
      }),
    );
    return null;
  }
  return list.elements.map((item) => lowerExpression(item, scope));
}

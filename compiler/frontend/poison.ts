import { type Expr, UNKNOWN } from "../ir/index.js";
import type { Scope } from "./scope.js";
import type { ts } from "./typescript.mjs";

/**
 * Stands for an expression whose problem was reported already: a literal of unknown type, which inference passes over in silence. What tsc
 * says inside it follows from the same problem.
 */
export function poison(node: ts.Node, scope: Scope): Expr {
  scope.unit.poisoned.add(node);
  return { kind: "literal", value: 0, type: UNKNOWN, span: scope.unit.span(node) };
}

export const isPoison = (expr: Expr): boolean => expr.kind === "literal" && expr.type.kind === "unknown";

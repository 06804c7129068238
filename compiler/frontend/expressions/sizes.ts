import { type Dim, dimNames, type Expr, UNKNOWN } from "../../ir/index.js";
import { conditionExpression, type Parts, sizeExpression } from "../../ops/index.js";
import type { Scope } from "../scope.js";
import type { ts } from "../typescript.mjs";
import { op } from "./operators.js";

/** How sizes that `Const` parameters decide become expressions of the kernel itself; other functions do not know the names. */
function parts(node: ts.Node, scope: Scope): Parts {
  const span = scope.unit.span(node);
  return {
    literal: (value) => {
      const type =
        typeof value === "boolean"
          ? ({ kind: "const", of: "bool" } as const)
          : ({ kind: "const", of: "int", dim: value } as const);
      return { kind: "literal", value, type, span };
    },
    name: (name) => ({ kind: "ref", name, type: UNKNOWN, span }),
    op: (name, args) => op(name, args, node, scope),
  };
}

const isKnownIn = (dim: Dim, scope: Scope): boolean => scope.isKernel || dimNames(dim).length === 0;

export const ofSize = (dim: Dim, node: ts.Node, scope: Scope): Expr | null =>
  isKnownIn(dim, scope) ? sizeExpression(dim, parts(node, scope)) : null;

export const ofCondition = (dim: Dim, node: ts.Node, scope: Scope): Expr | null =>
  isKnownIn(dim, scope) ? conditionExpression(dim, parts(node, scope)) : null;

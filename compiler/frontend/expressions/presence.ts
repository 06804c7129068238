import { truthOfNumber } from "../../diagnostics/catalogue/frontend.js";
import { type Expr, UNKNOWN } from "../../ir/index.js";
import { isQuestion, type OpNode } from "../../ops/index.js";
import { UndecidedConstants } from "../choices.js";
import { localBinding } from "../fixed.js";
import { decidedByGiven, EQUAL, isUndefined } from "../given.js";
import { unwrapped } from "../names.js";
import type { Scope, Variable } from "../scope.js";
import { ts } from "../typescript.mjs";
import { lowerExpression } from "./index.js";
import { staticLiteral } from "./literals.js";

/** An optional parameter of the kernel, where the function being lowered is made for launches that give it and for others. */
export function optionalParameter(node: ts.Expression, scope: Scope): Variable | null {
  const binding = localBinding(node, scope);
  return binding?.kind === "variable" && binding.optional !== undefined ? binding : null;
}

/** Begins the lowering anew, once for launches that give these parameters and once for others. */
export function decideGiven({ decidedBy }: Pick<Variable, "decidedBy">): never {
  throw new UndecidedConstants(decidedBy!);
}

/** Whether launches give a parameter. Functions do not see what the kernel is built for: they are made for one or the other. */
export function isGivenExpr(variable: Variable, node: ts.Expression, scope: Scope): OpNode {
  if (variable.owner !== scope || !scope.isKernel) decideGiven(variable);
  const span = scope.unit.span(node);
  const x: Expr = { kind: "ref", name: variable.name, type: UNKNOWN, span };
  return { kind: "op", op: "isGiven", args: { x }, attrs: {}, type: UNKNOWN, span };
}

/** `p.x === undefined` and `p.x !== undefined` of an optional parameter; null for every other comparison. */
export function asked(node: ts.BinaryExpression, scope: Scope): Expr | null {
  const { left, operatorToken, right } = node;
  const equal = EQUAL[operatorToken.kind];
  const other = isUndefined(unwrapped(right)) ? left : isUndefined(unwrapped(left)) ? right : null;
  const variable = equal === undefined || other === null ? null : optionalParameter(other, scope);
  if (variable === null) return null;
  const given = isGivenExpr(variable, node, scope);
  return equal ? { ...given, op: "isLeftOut" } : given;
}

/** An expression whose truth is asked: of an optional pointer or descriptor that is whether launches give it. */
export function lowerCondition(node: ts.Expression, scope: Scope): Expr {
  const inner = unwrapped(node);
  if (!ts.isIdentifier(inner) && !ts.isPropertyAccessExpression(inner)) return lowerExpression(node, scope);
  const known = decidedByGiven(inner, scope);
  if (known !== null) return staticLiteral({ kind: "bool", value: known }, node, scope)!;
  const variable = optionalParameter(node, scope);
  if (variable === null) return lowerExpression(node, scope);
  if (variable.optional === "scalar") scope.unit.report(truthOfNumber(scope.unit.span(node), { name: node.getText() }));
  return isGivenExpr(variable, node, scope);
}

/** Names of the optional parameters that an expression asks for. */
export const askedIn = (expr: Expr): readonly string[] =>
  expr.kind !== "op"
    ? []
    : Object.values(expr.args).flatMap((x) => (isQuestion(expr) && x.kind === "ref" ? [x.name] : askedIn(x)));

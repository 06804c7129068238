import {
  assignsConstant,
  pattern as badPattern,
  noEffect,
  notATuple,
  notOwnList,
  outsideList,
  unsupportedSyntax,
} from "../../diagnostics/catalogue/frontend.js";
import type { Expr, Stmt } from "../../ir/index.js";
import { anyOp, hasEffect } from "../../ops/index.js";
import { isListBinding } from "../bindings.js";
import { lowerExpression } from "../expressions/index.js";
import { integerLiteral } from "../expressions/literals.js";
import { memberNames } from "../expressions/members.js";
import { reference } from "../expressions/names.js";
import { COMPOUND, op } from "../expressions/operators.js";
import { lowerCondition } from "../expressions/presence.js";
import { fixedInteger, localBinding } from "../fixed.js";
import { decided } from "../given.js";
import { missingName, symbolOf, unwrapped } from "../names.js";
import { isPoison } from "../poison.js";
import type { Members, Scope, Variable } from "../scope.js";
import { ts } from "../typescript.mjs";
import { carried } from "./carried.js";
import type { StatementRules } from "./rule.js";

/** What an expression does, in the order in which JavaScript would do it: an assignment, a step, or calls for their effect. */
function effects(node: ts.Expression, scope: Scope): readonly Stmt[] {
  const inner = unwrapped(node);
  if (ts.isConditionalExpression(inner)) return choice(inner, inner.condition, inner.whenTrue, inner.whenFalse, scope);
  if (ts.isBinaryExpression(inner)) {
    const { kind } = inner.operatorToken;
    if (kind === ts.SyntaxKind.AmpersandAmpersandToken) return choice(inner, inner.left, inner.right, null, scope);
    if (kind === ts.SyntaxKind.BarBarToken) return choice(inner, inner.left, null, inner.right, scope);
    if (kind === ts.SyntaxKind.EqualsToken) return assignment(inner, scope);
    const name = COMPOUND[kind];
    if (name !== undefined) return compound(inner, name, scope);
  }
  if (ts.isPostfixUnaryExpression(inner)) return step(inner, inner.operator, scope);
  if (ts.isPrefixUnaryExpression(inner)) {
    const { operator } = inner;
    if (operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken)
      return step(inner, operator, scope);
  }
  const { unit } = scope;
  const span = unit.span(inner);
  const value = lowerExpression(inner, scope);
  if (isPoison(value)) return [];
  if (ts.isCallExpression(inner)) return [called(value)];
  if (anyOp(value, hasEffect))
    return [{ kind: "assign", name: scope.names.unique("unused"), value, declares: true, span }];
  unit.report(noEffect(span));
  return [];
}

/** A call for its effect; of a choice of functions the one that is chosen. */
function called(value: Expr): Stmt {
  const { span } = value;
  if (value.kind !== "op" || value.op !== "select") return { kind: "effect", value, span };
  const { condition, a, b } = value.args as { condition: Expr; a: Expr; b: Expr };
  return { kind: "if", condition, then: [called(a)], else: [called(b)], carried: [], span };
}

/** `c ? f() : g()` and its kin as statements. */
function choice(
  node: ts.Expression,
  asked: ts.Expression,
  whenTrue: ts.Expression | null,
  whenFalse: ts.Expression | null,
  scope: Scope,
): readonly Stmt[] {
  const known = decided(asked, scope);
  if (known !== null) {
    const taken = known ? whenTrue : whenFalse;
    return taken === null ? [] : effects(taken, scope);
  }
  const condition = lowerCondition(asked, scope);
  const then = whenTrue === null ? [] : effects(whenTrue, scope);
  const otherwise = whenFalse === null ? [] : effects(whenFalse, scope);
  const span = scope.unit.span(node);
  return [{ kind: "if", condition, then, else: otherwise, carried: carried(then, otherwise), span }];
}

function assignment(node: ts.BinaryExpression, scope: Scope): readonly Stmt[] {
  const target = unwrapped(node.left);
  if (ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target))
    return unpackInto(node, target, scope);
  const list = localBinding(target, scope);
  if (isListBinding(list)) return wholeList(node, list, scope);
  const binding = localBinding(target, scope);
  if (binding?.kind === "variable" && binding.broken) {
    scope.unit.poisoned.add(node);
    return [];
  }
  const value = lowerExpression(node.right, scope);
  const variable = assignable(target, scope);
  return variable === null ? [] : [assign(variable, value, node, scope)];
}

/** `acc = f(acc)`: all elements at once. */
function wholeList(node: ts.BinaryExpression, list: Members, scope: Scope): readonly Stmt[] {
  const value = lowerExpression(node.right, scope);
  if (isPoison(value)) return [];
  const names = list.names.map((name) => (list.field(name) as Variable).name);
  return [{ kind: "unpack", names, value, declares: false, span: scope.unit.span(node) }];
}

/** The variable of `acc[i]`, an element of a list that the function has made; null after reporting why there is none. */
function elementOf(node: ts.ElementAccessExpression, scope: Scope): Variable | null {
  const { unit } = scope;
  const list = localBinding(node.expression, scope);
  const name = node.expression.getText();
  if (!isListBinding(list)) {
    if (list?.kind !== "variable" || !list.broken) unit.report(notOwnList(unit.span(node), { name }));
    return null;
  }
  const index = fixedInteger(node.argumentExpression, scope, `the index of the list ${name}`);
  const variable = index === null ? null : list.field(String(index));
  if (index !== null && variable === null)
    unit.report(outsideList(unit.span(node), { list: name, count: list.names.length }));
  if (variable?.kind !== "variable") return null;
  if (variable.owner === scope) return variable;
  unit.report(assignsConstant(unit.span(node), { name, what: "a list of the function around this one" }));
  return null;
}

function compound(node: ts.BinaryExpression, name: string, scope: Scope): readonly Stmt[] {
  const b = lowerExpression(node.right, scope);
  const variable = assignable(unwrapped(node.left), scope);
  if (variable === null) return [];
  return [assign(variable, op(name, { a: reference(variable, node.left, scope), b }, node, scope), node, scope)];
}

function step(
  node: ts.PostfixUnaryExpression | ts.PrefixUnaryExpression,
  operator: ts.SyntaxKind,
  scope: Scope,
): readonly Stmt[] {
  const variable = assignable(unwrapped(node.operand), scope);
  if (variable === null) return [];
  const a = reference(variable, node.operand, scope);
  const b = integerLiteral(1, node, scope);
  return [
    assign(variable, op(operator === ts.SyntaxKind.PlusPlusToken ? "add" : "sub", { a, b }, node, scope), node, scope),
  ];
}

const assign = (variable: Variable, value: Expr, node: ts.Node, scope: Scope): Stmt => ({
  kind: "assign",
  name: variable.name,
  value,
  declares: false,
  span: scope.unit.span(node),
});

/** The variable an assignment names; null after reporting why it cannot be assigned. */
function assignable(node: ts.Expression, scope: Scope): Variable | null {
  const { unit } = scope;
  const span = unit.span(node);
  if (ts.isElementAccessExpression(node) && isArray(node.expression, scope)) return elementOf(node, scope);
  if (!ts.isIdentifier(node)) {
    const instead = ts.isPropertyAccessExpression(node)
      ? `an object stays as it is made: const next = { ...${node.expression.getText()}, ${node.name.text}: value }`
      : "store(pointer + index, value) writes memory; where(index === i, value, x) changes an element of a tile";
    unit.report(unsupportedSyntax(span, { what: `assigning to ${node.getText()}`, instead }));
    return null;
  }
  const symbol = symbolOf(unit, node);
  if (symbol === null) {
    unit.report(missingName(unit, node));
    return null;
  }
  const binding = scope.find(symbol);
  if (binding?.kind === "variable" && binding.broken) return null;
  const own = binding?.kind === "variable" && binding.owner === scope;
  if (own && binding.mutable) return binding;
  const what =
    binding === null
      ? "declared outside the kernel"
      : isParameter(symbol)
        ? "a parameter"
        : !own
          ? "a variable of the function around this one"
          : "a const";
  unit.report(assignsConstant(span, { name: node.text, what }));
  return null;
}

const isArray = (node: ts.Expression, { unit: { checker } }: Scope): boolean => {
  const type = checker.getTypeAtLocation(node);
  return checker.isArrayType(type) || checker.isTupleType(type);
};

function isParameter(symbol: ts.Symbol): boolean {
  let node: ts.Node | undefined = symbol.valueDeclaration;
  while (node !== undefined && (ts.isBindingElement(node) || ts.isBindingName(node))) node = node.parent;
  return node !== undefined && ts.isParameter(node);
}

/** `[a, b] = [b, a]` and `({ x, y: z } = f(x))`, into variables that exist. */
function unpackInto(
  node: ts.BinaryExpression,
  target: ts.ArrayLiteralExpression | ts.ObjectLiteralExpression,
  scope: Scope,
): readonly Stmt[] {
  const { unit } = scope;
  const value = lowerExpression(node.right, scope);
  const names: (string | null)[] = [];
  const into = (index: number, place: ts.Expression): void => {
    while (names.length <= index) names.push(null);
    names[index] = assignable(unwrapped(place), scope)?.name ?? null;
  };
  if (ts.isArrayLiteralExpression(target)) {
    for (const [index, place] of target.elements.entries()) {
      if (ts.isOmittedExpression(place)) names.push(null);
      else if (ts.isSpreadElement(place)) unit.report(badPattern(unit.span(place), { what: "a rest element" }));
      else into(index, place);
    }
  } else {
    const members = memberNames(node.right, scope);
    names.push(...members.map(() => null));
    for (const property of target.properties) {
      const place = ts.isPropertyAssignment(property) ? property.initializer : property.name;
      const name = property.name?.getText() ?? "";
      const index = members.indexOf(name);
      if (ts.isSpreadAssignment(property) || place === undefined || !ts.isExpression(place)) {
        unit.report(badPattern(unit.span(property), { what: "a rest element" }));
      } else if (index < 0) unit.report(notATuple(unit.span(property), { name }));
      else into(index, place);
    }
  }
  if (isPoison(value)) return [];
  return [{ kind: "unpack", names, value, declares: false, span: unit.span(node) }];
}

export const ASSIGNMENTS: StatementRules = {
  [ts.SyntaxKind.ExpressionStatement]: (node: ts.ExpressionStatement, scope: Scope) => effects(node.expression, scope),
};

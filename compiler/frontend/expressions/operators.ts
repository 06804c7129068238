import { nestedAssignment, unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import { type Expr, UNKNOWN } from "../../ir/index.js";
import { decided, isGiven } from "../given.js";
import { poison } from "../poison.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";
import { lowerExpression } from "./index.js";
import { integerLiteral, staticLiteral } from "./literals.js";
import { asked, isGivenExpr, lowerCondition, optionalParameter } from "./presence.js";
import type { ExpressionRules } from "./rule.js";

/** The op an operator stands for. Pointer arithmetic is told apart when types are known. */
const BINARY: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.PlusToken]: "add",
  [ts.SyntaxKind.MinusToken]: "sub",
  [ts.SyntaxKind.AsteriskToken]: "mul",
  [ts.SyntaxKind.SlashToken]: "div",
  [ts.SyntaxKind.PercentToken]: "mod",
  [ts.SyntaxKind.AmpersandAmpersandToken]: "and",
  [ts.SyntaxKind.BarBarToken]: "or",
  [ts.SyntaxKind.AmpersandToken]: "bitAnd",
  [ts.SyntaxKind.BarToken]: "bitOr",
  [ts.SyntaxKind.CaretToken]: "bitXor",
  [ts.SyntaxKind.LessThanLessThanToken]: "shiftLeft",
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: "shiftRight",
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: "shiftRightLogical",
  [ts.SyntaxKind.EqualsEqualsToken]: "eq",
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: "eq",
  [ts.SyntaxKind.ExclamationEqualsToken]: "ne",
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: "ne",
  [ts.SyntaxKind.LessThanToken]: "lt",
  [ts.SyntaxKind.LessThanEqualsToken]: "le",
  [ts.SyntaxKind.GreaterThanToken]: "gt",
  [ts.SyntaxKind.GreaterThanEqualsToken]: "ge",
};

/** The binary op of each compound assignment: `+=`, `<<=`. */
export const COMPOUND: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.PlusEqualsToken]: "add",
  [ts.SyntaxKind.MinusEqualsToken]: "sub",
  [ts.SyntaxKind.AsteriskEqualsToken]: "mul",
  [ts.SyntaxKind.SlashEqualsToken]: "div",
  [ts.SyntaxKind.PercentEqualsToken]: "mod",
  [ts.SyntaxKind.AmpersandEqualsToken]: "bitAnd",
  [ts.SyntaxKind.BarEqualsToken]: "bitOr",
  [ts.SyntaxKind.CaretEqualsToken]: "bitXor",
  [ts.SyntaxKind.LessThanLessThanEqualsToken]: "shiftLeft",
  [ts.SyntaxKind.GreaterThanGreaterThanEqualsToken]: "shiftRight",
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanEqualsToken]: "shiftRightLogical",
  [ts.SyntaxKind.AmpersandAmpersandEqualsToken]: "and",
  [ts.SyntaxKind.BarBarEqualsToken]: "or",
};

const INSTEAD: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.AsteriskAsteriskToken]: "multiply (x * x), or write exp2(y * log2(x))",
  [ts.SyntaxKind.AsteriskAsteriskEqualsToken]: "multiply (x *= x), or write exp2(y * log2(x))",
  [ts.SyntaxKind.QuestionQuestionToken]: "values of a kernel are never undefined: use the left side alone",
  [ts.SyntaxKind.QuestionQuestionEqualsToken]: "values of a kernel are never undefined",
  [ts.SyntaxKind.CommaToken]: "write two statements",
  [ts.SyntaxKind.InKeyword]: "values of a kernel have no properties to look for",
  [ts.SyntaxKind.InstanceOfKeyword]: "values of a kernel have no classes",
};

export const op = (name: string, args: Readonly<Record<string, Expr>>, node: ts.Node, scope: Scope): Expr => ({
  kind: "op",
  op: name,
  args,
  attrs: {},
  type: UNKNOWN,
  span: scope.unit.span(node),
});

/** For which left side an operator gives its right one. */
const CHOOSES: Readonly<Partial<Record<ts.SyntaxKind, boolean>>> = {
  [ts.SyntaxKind.AmpersandAmpersandToken]: true,
  [ts.SyntaxKind.BarBarToken]: false,
  [ts.SyntaxKind.QuestionQuestionToken]: false,
};

function binary(node: ts.BinaryExpression, scope: Scope): Expr {
  const { unit } = scope;
  const operator = node.operatorToken.kind;
  const name = BINARY[operator];
  if (CHOOSES[operator] !== undefined) {
    const asked = operator === ts.SyntaxKind.QuestionQuestionToken ? isGiven : decided;
    const known = asked(node.left, scope);
    if (known !== null) return lowerExpression(known === CHOOSES[operator] ? node.right : node.left, scope);
  }
  const whole = decided(node, scope);
  if (whole !== null) return staticLiteral({ kind: "bool", value: whole }, node, scope)!;
  const given = asked(node, scope);
  if (given !== null) return given;
  const optional = operator === ts.SyntaxKind.QuestionQuestionToken ? optionalParameter(node.left, scope) : null;
  if (optional !== null) {
    const [a, b] = [lowerExpression(node.left, scope), lowerExpression(node.right, scope)];
    return op("select", { condition: isGivenExpr(optional, node.left, scope), a, b }, node, scope);
  }
  if (name === "and" || name === "or")
    return op(name, { a: lowerCondition(node.left, scope), b: lowerCondition(node.right, scope) }, node, scope);
  if (name !== undefined) {
    return op(name, { a: lowerExpression(node.left, scope), b: lowerExpression(node.right, scope) }, node, scope);
  }
  if (operator === ts.SyntaxKind.EqualsToken || COMPOUND[operator] !== undefined) {
    unit.report(nestedAssignment(unit.span(node), { asked: operator === ts.SyntaxKind.EqualsToken && isAsked(node) }));
  } else {
    const what = `the operator ${node.operatorToken.getText()}`;
    unit.report(
      unsupportedSyntax(unit.span(node), { what, instead: INSTEAD[operator] ?? "use the functions of the language" }),
    );
  }
  return poison(node, scope);
}

/** Whether `a = b` stands where a question is asked. */
function isAsked(node: ts.Expression): boolean {
  const { parent } = node;
  if (ts.isIfStatement(parent) || ts.isWhileStatement(parent)) return true;
  if (ts.isConditionalExpression(parent)) return parent.condition === node;
  if (ts.isBinaryExpression(parent)) return CHOOSES[parent.operatorToken.kind] !== undefined;
  return ts.isParenthesizedExpression(parent) && isAsked(parent);
}

function prefix(node: ts.PrefixUnaryExpression, scope: Scope): Expr {
  const { unit } = scope;
  if (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken) {
    unit.report(nestedAssignment(unit.span(node), { asked: false }));
    return poison(node, scope);
  }
  const asks = node.operator === ts.SyntaxKind.ExclamationToken;
  const x = asks ? lowerCondition(node.operand, scope) : lowerExpression(node.operand, scope);
  if (node.operator === ts.SyntaxKind.PlusToken) return x;
  if (node.operator === ts.SyntaxKind.MinusToken) return negated(x, node, scope);
  if (asks && x.kind === "op" && x.op === "isGiven") return { ...x, op: "isLeftOut" };
  return op(node.operator === ts.SyntaxKind.TildeToken ? "bitNot" : "not", { x }, node, scope);
}

/** `-1` is one literal, so that it adapts to the dtype it meets as `1` does. */
function negated(x: Expr, node: ts.Node, scope: Scope): Expr {
  if (x.kind !== "literal" || x.type.kind !== "const") return op("neg", { x }, node, scope);
  if (typeof x.value === "bigint") return { ...x, value: -x.value, span: scope.unit.span(node) };
  if (typeof x.value !== "number") return op("neg", { x }, node, scope);
  if (x.type.of === "int") return integerLiteral(x.value === 0 ? 0 : -x.value, node, scope);
  return { ...x, value: -x.value, span: scope.unit.span(node) };
}

function conditional(node: ts.ConditionalExpression, scope: Scope): Expr {
  const known = decided(node.condition, scope);
  if (known !== null) return lowerExpression(known ? node.whenTrue : node.whenFalse, scope);
  return op(
    "select",
    {
      condition: lowerCondition(node.condition, scope),
      a: lowerExpression(node.whenTrue, scope),
      b: lowerExpression(node.whenFalse, scope),
    },
    node,
    scope,
  );
}

function postfix(node: ts.PostfixUnaryExpression, scope: Scope): Expr {
  scope.unit.report(nestedAssignment(scope.unit.span(node), { asked: false }));
  return poison(node, scope);
}

const inner = (node: { readonly expression: ts.Expression }, scope: Scope): Expr =>
  lowerExpression(node.expression, scope);

export const OPERATORS: ExpressionRules = {
  [ts.SyntaxKind.BinaryExpression]: binary,
  [ts.SyntaxKind.PrefixUnaryExpression]: prefix,
  [ts.SyntaxKind.PostfixUnaryExpression]: postfix,
  [ts.SyntaxKind.ConditionalExpression]: conditional,
  [ts.SyntaxKind.ParenthesizedExpression]: inner,
  [ts.SyntaxKind.AsExpression]: inner,
  [ts.SyntaxKind.SatisfiesExpression]: inner,
  [ts.SyntaxKind.NonNullExpression]: inner,
  [ts.SyntaxKind.TypeAssertionExpression]: inner,
};

import { beyondDoubles, lostDigits, unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import type { Dim, Expr, Type } from "../../ir/index.js";
import { isFloatText } from "../numbers.js";
import { poison } from "../poison.js";
import type { Scope } from "../scope.js";
import type { Static } from "../static/value.js";
import { ts } from "../typescript.mjs";
import type { ExpressionRules } from "./rule.js";
import { ofCondition, ofSize } from "./sizes.js";

const ofInt = (dim?: Dim): Type =>
  dim === undefined ? { kind: "const", of: "int" } : { kind: "const", of: "int", dim };
const FLOAT: Type = { kind: "const", of: "float" };
const BOOL: Type = { kind: "const", of: "bool" };
const TEXT: Type = { kind: "const", of: "string" };

const literal = (value: number | bigint | boolean | string, type: Type, node: ts.Node, scope: Scope): Expr => ({
  kind: "literal",
  value,
  type,
  span: scope.unit.span(node),
});

export const integerLiteral = (value: number, node: ts.Node, scope: Scope): Expr =>
  literal(value, ofInt(value), node, scope);

/** A value known statically as an expression of the IR; null for lists and records. */
export function staticLiteral(value: Static, node: ts.Node, scope: Scope): Expr | null {
  switch (value.kind) {
    case "int":
      return ofSize(value.value, node, scope);
    case "test":
      return ofCondition(value.value, node, scope);
    case "float":
      return literal(value.value, FLOAT, node, scope);
    case "bool":
      return literal(value.value, BOOL, node, scope);
    case "string":
      return literal(value.value, TEXT, node, scope);
    default:
      return null;
  }
}

function number(node: ts.NumericLiteral, scope: Scope): Expr {
  const value = Number(node.text);
  const text = node.getText();
  if (!isFloatText(text)) {
    if (!Number.isSafeInteger(value) && BigInt(text.replaceAll("_", "")) !== BigInt(value)) {
      scope.unit.report(lostDigits(scope.unit.span(node), { text, value: String(BigInt(value)) }));
      return poison(node, scope);
    }
    return integerLiteral(value, node, scope);
  }
  if (Number.isFinite(value)) return literal(value, FLOAT, node, scope);
  scope.unit.report(beyondDoubles(scope.unit.span(node), { text }));
  return poison(node, scope);
}

function bigint(node: ts.BigIntLiteral, scope: Scope): Expr {
  return literal(BigInt(node.text.replace(/n$/, "")), ofInt(), node, scope);
}

function template(node: ts.TemplateExpression, scope: Scope): Expr {
  const { unit } = scope;
  unit.report(
    unsupportedSyntax(unit.span(node), { what: "a text with values in it", instead: 'write a plain text: "…"' }),
  );
  return poison(node, scope);
}

export const LITERALS: ExpressionRules = {
  [ts.SyntaxKind.NumericLiteral]: number,
  [ts.SyntaxKind.BigIntLiteral]: bigint,
  [ts.SyntaxKind.TrueKeyword]: (node: ts.Node, scope: Scope) => literal(true, BOOL, node, scope),
  [ts.SyntaxKind.FalseKeyword]: (node: ts.Node, scope: Scope) => literal(false, BOOL, node, scope),
  [ts.SyntaxKind.StringLiteral]: (node: ts.StringLiteral, scope: Scope) => literal(node.text, TEXT, node, scope),
  [ts.SyntaxKind.NoSubstitutionTemplateLiteral]: (node: ts.NoSubstitutionTemplateLiteral, scope: Scope) =>
    literal(node.text, TEXT, node, scope),
  [ts.SyntaxKind.TemplateExpression]: template,
};

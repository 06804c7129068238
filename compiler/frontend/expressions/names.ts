import { capturedMutable, notAConstant, unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import type { Diagnostic } from "../../diagnostics/index.js";
import { type Expr, UNKNOWN } from "../../ir/index.js";
import { fixedValue } from "../fixed.js";
import { isMissing } from "../given.js";
import { missingName, resolveName, symbolOf } from "../names.js";
import { poison } from "../poison.js";
import type { Scope, Variable } from "../scope.js";
import { ts } from "../typescript.mjs";
import { staticLiteral } from "./literals.js";
import type { ExpressionRules } from "./rule.js";

export const reference = (variable: Variable, node: ts.Node, scope: Scope): Expr => ({
  kind: "ref",
  name: variable.name,
  type: UNKNOWN,
  span: scope.unit.span(node),
});

function identifier(node: ts.Identifier, scope: Scope): Expr {
  const { unit } = scope;
  const symbol = symbolOf(unit, node);
  const binding = symbol === null ? null : scope.find(symbol);
  if (binding?.kind === "variable" && binding.broken) return poison(node, scope);
  if (binding?.kind === "variable" && !binding.absent) {
    if (binding.owner !== scope && binding.mutable) {
      unit.report(capturedMutable(unit.span(node), { name: node.text }));
      return poison(node, scope);
    }
    return reference(binding, node, scope);
  }
  const value = symbol === null ? null : fixedValue(node, scope);
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  unit.report(problemOf(node, scope, symbol));
  return poison(node, scope);
}

function problemOf(node: ts.Identifier, scope: Scope, symbol: ts.Symbol | null): Diagnostic {
  const { unit } = scope;
  const span = unit.span(node);
  const name = node.text;
  if (symbol === null) return missingName(unit, node);
  const binding = scope.find(symbol);
  if (binding?.kind === "variable" && isMissing(binding))
    return notAConstant(span, { name, why: "a call leaves this parameter out" });
  if (binding !== null) {
    const what = binding.kind === "parameters" ? "the object of all parameters" : "a list or object";
    return unsupportedSyntax(span, { what: `${what} as a value`, instead: `use a member: ${name}.…, or ${name}[0]` });
  }
  const named = resolveName(unit, node);
  if (named.kind === "language" || named.kind === "function") {
    return unsupportedSyntax(span, { what: `the function ${name} as a value`, instead: `call it: ${name}(…)` });
  }
  return notAConstant(span, { name, why: whyNot(symbol.valueDeclaration) });
}

function whyNot(declaration: ts.Declaration | undefined): string {
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return "it belongs to JavaScript";
  if (!(declaration.parent.flags & ts.NodeFlags.Const)) return "it is a variable outside the kernel that may change";
  return "its value comes from running the program";
}

export const NAMES: ExpressionRules = { [ts.SyntaxKind.Identifier]: identifier };

import {
  capturedMutable,
  functionEscapes,
  notAConstant,
  unknownName,
  unsupportedSyntax,
} from "../../diagnostics/catalogue/frontend.js";
import type { Diagnostic } from "../../diagnostics/index.js";
import { type Expr, UNKNOWN } from "../../ir/index.js";
import { isFunctionValue } from "../bindings.js";
import { fixedValue } from "../fixed.js";
import { isMissing, isUndefined } from "../given.js";
import { missingName, resolveCallee, resolveName, symbolOf, unwrapped } from "../names.js";
import { poison } from "../poison.js";
import type { Binding, Scope, Variable } from "../scope.js";
import { ts } from "../typescript.mjs";
import { LAUNCHED } from "./advice.js";
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
  if (binding !== null) return boundValue(binding, node, scope);
  const value = symbol === null ? null : fixedValue(node, scope);
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  // Where tsc has put in a name that is not there, it has said so.
  if (node.text !== "") unit.report(problemOf(node, symbol, scope));
  return poison(node, scope);
}

/** What a name or a member stands for, as a value of the kernel. */
export function boundValue(binding: Binding, node: ts.Expression, scope: Scope): Expr {
  const { unit } = scope;
  const span = unit.span(node);
  const name = node.getText();
  if (binding.kind === "variable") {
    if (binding.broken) return poison(node, scope);
    if (!binding.absent) {
      const own = scope.reach(binding);
      if (own.owner === scope) return reference(own, node, scope);
      unit.report(capturedMutable(span, { name }));
      return poison(node, scope);
    }
    const literal = binding.fixed && staticLiteral(binding.fixed, node, scope);
    if (literal) return literal;
    if (isMissing(binding)) {
      unit.report(notAConstant(span, { name, why: "a call leaves this parameter out" }));
      return poison(node, scope);
    }
  }
  if (binding.kind === "members" && binding.names.every((one, index) => one === String(index))) {
    const items = binding.names.map((one) => boundValue(binding.field(one)!, node, scope));
    return { kind: "tuple", items, type: UNKNOWN, span };
  }
  if (isFunctionValue(binding) || (binding.kind === "variable" && binding.fixed?.kind === "function"))
    unit.report(functionEscapes(span, { name }));
  else {
    const what = binding.kind === "members" ? "an object that is taken apart" : "a list or object";
    unit.report(
      unsupportedSyntax(span, { what: `${what} as a value`, instead: `use a member: ${name}.…, or ${name}[0]` }),
    );
  }
  return poison(node, scope);
}

function problemOf(node: ts.Identifier, symbol: ts.Symbol | null, scope: Scope): Diagnostic {
  const { unit } = scope;
  const span = unit.span(node);
  const name = node.text;
  if (symbol === null) return missingName(unit, node);
  const declared = symbol.valueDeclaration;
  if (declared !== undefined && declared.getSourceFile() === node.getSourceFile() && isInside(declared, scope.node)) {
    const instead = `it is declared further down: move line ${unit.span(declared).line} above this one`;
    return unknownName(span, { name, ofLanguage: false, instead });
  }
  const named = resolveName(unit, node);
  if (named.kind === "language" || named.kind === "function") return functionEscapes(span, { name });
  const value =
    declared && ts.isVariableDeclaration(declared) && declared.initializer && unwrapped(declared.initializer);
  const made = value && ts.isCallExpression(value) ? resolveCallee(unit, value) : null;
  if (made?.kind === "language" && made.name === "kernel")
    return notAConstant(span, { name, why: "it is a kernel", instead: LAUNCHED });
  const instead = isUndefined(node)
    ? "only an optional parameter takes undefined: (x: Tile, mask?: Tile) => …"
    : undefined;
  return notAConstant(span, { name, why: whyNot(declared), instead });
}

const isInside = (node: ts.Node, around: ts.Node): boolean => around.pos <= node.pos && node.end <= around.end;

function whyNot(declaration: ts.Declaration | undefined): string {
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return "it belongs to JavaScript";
  if (!(declaration.parent.flags & ts.NodeFlags.Const)) return "it is a variable outside the kernel that may change";
  return "its value comes from running the program";
}

function written(node: ts.Expression, scope: Scope): Expr {
  scope.unit.report(functionEscapes(scope.unit.span(node), { name: "this" }));
  return poison(node, scope);
}

export const NAMES: ExpressionRules = {
  [ts.SyntaxKind.Identifier]: identifier,
  [ts.SyntaxKind.ArrowFunction]: written,
  [ts.SyntaxKind.FunctionExpression]: written,
};

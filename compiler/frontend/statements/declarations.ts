import { unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import { type Stmt, type Type, UNASSIGNED, UNKNOWN } from "../../ir/index.js";
import { fixedValue } from "../fixed.js";
import { writtenType } from "../flavors.js";
import { symbolOf, unwrapped } from "../names.js";
import { isPoison } from "../poison.js";
import type { Parameters, Scope } from "../scope.js";
import { takeApart } from "../static/patterns.js";
import type { Static } from "../static/value.js";
import { ts } from "../typescript.mjs";
import { declareBroken } from "./broken.js";
import { unpack } from "./patterns.js";
import type { StatementRules } from "./rule.js";
import { lowerWhole } from "./whole.js";

function variables(node: ts.VariableStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const list = node.declarationList;
  if (!(list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Let)) || list.flags & ts.NodeFlags.Using) {
    const what = list.flags & ts.NodeFlags.Using ? "using" : "var";
    unit.report(unsupportedSyntax(unit.span(node), { what, instead: "use let or const" }));
  }
  return list.declarations.flatMap((declaration) => variable(declaration, scope));
}

function variable(node: ts.VariableDeclaration, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  if (node.initializer === undefined) {
    const symbol = symbolOf(unit, node.name);
    if (symbol === null) return [];
    const { name } = scope.declare(symbol, { mutable: true, fixed: null });
    const span = unit.span(node);
    const value = { kind: "op", op: UNASSIGNED, args: {}, attrs: {}, type: UNKNOWN, span } as const;
    return [{ kind: "assign", name, value, declares: true, span }];
  }
  const mutable = (node.parent.flags & ts.NodeFlags.Const) === 0;
  if (isFunction(node.initializer)) return [];
  const parameters = parametersObject(node.initializer, scope);
  if (parameters !== null && !mutable) return alias(node.name, parameters, scope);
  if (!ts.isIdentifier(node.name)) {
    const fixed = mutable ? null : fixedValue(node.initializer, scope);
    if (fixed !== null && bindFixed(node.name, fixed, scope)) return [];
    return unpack(node.name, node.initializer, mutable, scope, node);
  }
  return single(node, node.name, node.initializer, mutable, scope);
}

function single(
  node: ts.VariableDeclaration,
  name: ts.Identifier,
  initializer: ts.Expression,
  mutable: boolean,
  scope: Scope,
): readonly Stmt[] {
  const { unit } = scope;
  const symbol = symbolOf(unit, name);
  const fixed = mutable ? null : fixedValue(initializer, scope);
  if (fixed !== null && existsOnlyAtCompileTime(fixed)) {
    if (symbol !== null) scope.declare(symbol, { mutable, fixed, absent: true });
    return [];
  }
  const { before, value } = lowerWhole(initializer, scope);
  const variable =
    symbol === null ? null : scope.declare(symbol, { mutable, fixed, broken: !mutable && isPoison(value) });
  if (variable === null) return [];
  const annotation = node.type === undefined || isPoison(value) ? undefined : annotated(node.type, scope);
  return [
    ...before,
    {
      kind: "assign",
      name: variable.name,
      value,
      declares: true,
      ...(annotation === undefined ? {} : { annotation }),
      span: unit.span(node),
    },
  ];
}

/** Gives the names of a pattern their parts of a value that is known; false where they do not fit it. */
export const bindFixed = (name: ts.BindingName, value: Static, scope: Scope): boolean =>
  takeApart(name, value, (one, fixed) => {
    const symbol = symbolOf(scope.unit, one);
    if (symbol !== null) scope.declare(symbol, { mutable: false, fixed, absent: true });
    return true;
  });

function annotated(node: ts.TypeNode, scope: Scope): Type | undefined {
  const { unit, kernel } = scope;
  const type = writtenType(unit, unit.checker.getTypeFromTypeNode(node), kernel.dtypes);
  return type.kind === "unknown" ? undefined : type;
}

const existsOnlyAtCompileTime = (value: Static): boolean =>
  value.kind === "list" || value.kind === "record" || value.kind === "string" || value.kind === "function";

const isFunction = (node: ts.Expression): boolean => {
  const value = unwrapped(node);
  return ts.isArrowFunction(value) || ts.isFunctionExpression(value);
};

/** The kernel's parameter object, when an expression is just that. */
function parametersObject(node: ts.Expression, scope: Scope): Parameters | null {
  const name = unwrapped(node);
  const symbol = ts.isIdentifier(name) ? symbolOf(scope.unit, name) : null;
  const binding = symbol === null ? null : scope.find(symbol);
  return binding?.kind === "parameters" ? binding : null;
}

/** `const p = params` and `const { x, y: z } = params` give names to parameters and compute nothing. */
function alias(name: ts.BindingName, parameters: Parameters, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  if (ts.isIdentifier(name)) {
    const symbol = symbolOf(unit, name);
    if (symbol !== null) scope.bindings.set(symbol, parameters);
    return [];
  }
  bindParameters(name, parameters, scope);
  return [];
}

/** Binds the names of a pattern to the kernel's parameters. */
export function bindParameters(name: ts.BindingPattern, parameters: Parameters, scope: Scope): void {
  const { unit } = scope;
  for (const element of name.elements) {
    if (ts.isOmittedExpression(element)) continue;
    const key = element.propertyName ?? element.name;
    const parameter = ts.isIdentifier(key) ? parameters.field(key.text) : null;
    const plain = ts.isIdentifier(element.name) && !element.dotDotDotToken && !element.initializer;
    if (parameter === null || !plain) {
      // The type of a parameter that launches may leave out is reported already.
      if (!parameter?.broken) {
        const instead = element.initializer
          ? "every launch passes every parameter: put the number into the program that launches"
          : "take parameters by their names: ({ x, n }: { … }) => …";
        unit.report(unsupportedSyntax(unit.span(element), { what: "this pattern", instead }));
      }
      declareBroken(element.name, scope);
      continue;
    }
    const symbol = symbolOf(unit, element.name);
    if (symbol !== null) scope.bindings.set(symbol, parameter);
  }
}

export const DECLARATIONS: StatementRules = {
  [ts.SyntaxKind.VariableStatement]: variables,
  // A function is lowered where it is called; types leave nothing behind.
  [ts.SyntaxKind.FunctionDeclaration]: () => [],
  [ts.SyntaxKind.TypeAliasDeclaration]: () => [],
  [ts.SyntaxKind.InterfaceDeclaration]: () => [],
  [ts.SyntaxKind.EmptyStatement]: () => [],
};

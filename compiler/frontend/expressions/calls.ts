import { notStatic, unknownFunction } from "../../diagnostics/catalogue/frontend.js";
import type { Expr } from "../../ir/index.js";
import { bindingOf, functionBinding, isFunctionValue } from "../bindings.js";
import { fixedInteger, fixedValue, localBinding } from "../fixed.js";
import { callFunction, chosen } from "../functions/index.js";
import { missingName, resolveName, symbolOf, unwrapped } from "../names.js";
import { OPERATIONS, readCall } from "../operations.js";
import { poison } from "../poison.js";
import type { FunctionValue, Scope, Variable } from "../scope.js";
import { ts } from "../typescript.mjs";
import { insteadOfGlobal, insteadOfMethod, LAUNCHED, SYNTAX } from "./advice.js";
import { lowerExpression } from "./index.js";
import { staticLiteral } from "./literals.js";
import { reportOwner } from "./members.js";
import type { ExpressionRules } from "./rule.js";

/** Functions of the language that are no ops. */
const SPECIAL: Readonly<Record<string, string>> = {
  kernel: LAUNCHED,
  range: "ranges stand in loops: for (const i of range(n)) { … }",
  staticRange: "ranges stand in loops: for (const i of staticRange(n)) { … }",
};

function call(node: ts.CallExpression, scope: Scope): Expr {
  const { unit } = scope;
  const callee = unwrapped(node.expression);
  const place = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  const named = ts.isIdentifier(place) ? resolveName(unit, place) : ({ kind: "unresolved" } as const);
  if (named.kind === "language") return language(node, named.name, scope);
  if (named.kind === "function") return callValue(node, functionBinding(named.node, named.name, scope), scope);
  const fn = named.kind === "global" ? null : bindingOf(callee, scope);
  if (isFunctionValue(fn)) return callValue(node, fn, scope);
  const value = named.kind === "global" ? fixedValue(node, scope) : null;
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  return reject(node, callee, named, scope);
}

/** A call of a function that is a value: a parameter, a member of a constant, one that a constant chooses. */
function callValue(node: ts.CallExpression, fn: FunctionValue, scope: Scope): Expr {
  if (fn.kind === "function") return callFunction(node, fn, scope);
  if (fn.kind === "operation") return language(node, fn.name, scope);
  return chosen(fn, (side) => callValue(node, side ? fn.whenTrue : fn.whenFalse, scope), node, scope);
}

function language(node: ts.CallExpression, name: string, scope: Scope): Expr {
  const { unit } = scope;
  const entry = OPERATIONS[name];
  if (entry !== undefined) return readCall(node, name, entry, scope, (operand) => lowerExpression(operand, scope));
  if (name === "dtypeOf") {
    unit.report(
      notStatic(unit.span(node), {
        what: "the operand of dtypeOf",
        kind: "a pointer parameter of the kernel, and its dtype",
      }),
    );
  } else unit.report(unknownFunction(unit.span(node), { name, instead: SPECIAL[name] ?? insteadOfGlobal(name) }));
  return poison(node, scope);
}

function reject(
  node: ts.CallExpression,
  callee: ts.Expression,
  named: ReturnType<typeof resolveName>,
  scope: Scope,
): Expr {
  const { unit } = scope;
  const span = unit.span(callee);
  if (isBroken(callee, scope)) return poison(node, scope);
  if (ts.isPropertyAccessExpression(callee)) {
    if (reportOwner(callee.expression, scope)) return poison(node, scope);
    if (SYNTAX[unwrapped(callee.expression).kind] !== undefined) return lowerExpression(callee.expression, scope);
    if (named.kind === "unresolved" && isModule(callee.expression, scope)) return lowerExpression(callee, scope);
  }
  if (ts.isElementAccessExpression(callee) && fixedValue(callee.argumentExpression, scope) === null) {
    fixedInteger(callee.argumentExpression, scope, "the index of a list");
    return poison(node, scope);
  }
  if (named.kind === "unresolved" && ts.isIdentifier(callee)) {
    unit.report(missingName(unit, callee));
  } else if (named.kind === "global") {
    const changed = ts.isPropertyAccessExpression(callee) ? listOf(callee.expression, scope) : null;
    if (changed !== null) {
      // Whatever is read of it now is not what was meant.
      scope.bindings.set(changed.symbol, { ...changed.variable, broken: true });
      const instead = "a list or object of a kernel stays as it is made: give it all its values there";
      unit.report(unknownFunction(span, { name: `.${(callee as ts.PropertyAccessExpression).name.text}()`, instead }));
      return poison(node, scope);
    }
    const isMethod = ts.isPropertyAccessExpression(callee) && !isNamespace(callee.expression, scope);
    const instead = isMethod ? insteadOfMethod(callee.name.text, unit.language) : insteadOfGlobal(named.path);
    unit.report(unknownFunction(span, { name: isMethod ? `.${callee.name.text}()` : named.path, instead }));
  } else {
    const name = callee.getText();
    const isMethod = named.kind === "unresolved" && ts.isPropertyAccessExpression(callee);
    const instead = isMethod ? insteadOfMethod(callee.name.text, unit.language) : insteadOfGlobal(name);
    unit.report(unknownFunction(span, { name: isMethod ? `.${callee.name.text}()` : name, instead }));
  }
  return poison(node, scope);
}

/** Whether what is called has a problem that is reported. */
function isBroken(callee: ts.Expression, scope: Scope): boolean {
  const binding = localBinding(callee, scope);
  return binding?.kind === "variable" && binding.broken === true;
}

const isModule = (node: ts.Expression, scope: Scope): boolean =>
  ((symbolOf(scope.unit, unwrapped(node))?.flags ?? 0) & ts.SymbolFlags.Module) !== 0;

/** A variable that is a list or an object of constants. */
function listOf(node: ts.Expression, scope: Scope): { readonly symbol: ts.Symbol; readonly variable: Variable } | null {
  const name = unwrapped(node);
  const symbol = ts.isIdentifier(name) ? symbolOf(scope.unit, name) : null;
  const variable = symbol === null ? null : scope.find(symbol);
  const isList =
    variable?.kind === "variable" && (variable.fixed?.kind === "list" || variable.fixed?.kind === "record");
  return symbol !== null && isList ? { symbol, variable: variable as Variable } : null;
}

/** True for `Math`, false for a value of the kernel. */
function isNamespace(node: ts.Expression, scope: Scope): boolean {
  const name = unwrapped(node);
  if (!ts.isIdentifier(name)) return false;
  const symbol = symbolOf(scope.unit, name);
  return symbol !== null && scope.find(symbol) === null && resolveName(scope.unit, name).kind === "global";
}

export const CALLS: ExpressionRules = { [ts.SyntaxKind.CallExpression]: call };

import { unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import { type DeviceFunction, UNKNOWN } from "../../ir/index.js";
import type { Given } from "../arguments.js";
import { membersOf } from "../bindings.js";
import { writtenType } from "../flavors.js";
import { symbolOf } from "../names.js";
import type { Binding, LoweredParameter, Scope } from "../scope.js";
import { bindName } from "../statements/declarations.js";
import { ts } from "../typescript.mjs";

export type Params = { name: string; type: DeviceFunction["result"] }[];

export function declareMissing(node: ts.ParameterDeclaration, scope: Scope): LoweredParameter {
  const symbol = ts.isIdentifier(node.name) ? symbolOf(scope.unit, node.name) : null;
  if (symbol !== null) scope.declare(symbol, { mutable: false, fixed: { kind: "missing" }, absent: true });
  return { node, members: [], missing: true };
}

/** A parameter that a call gives functions or constants: its other members are parameters of their own. */
export function declareKnown(
  node: ts.ParameterDeclaration,
  given: Given,
  params: Params,
  scope: Scope,
): LoweredParameter {
  const binding = bindingFor(given, nameIn(node.name), params, scope);
  if (!bindName(node.name, binding, scope)) reject(node, "this pattern", scope);
  return { node, members: null };
}

/** What parameters are called that hold parts of one: members by their names, elements by those that a pattern gives them. */
function nameIn(name: ts.BindingName): (path: readonly string[]) => string {
  return (path) => {
    const last = path.at(-1);
    if (ts.isIdentifier(name)) return last === undefined || /^\d/.test(last) ? [name.text, ...path].join("_") : last;
    const element = ts.isArrayBindingPattern(name) ? name.elements[Number(path[0])] : undefined;
    const own =
      element && ts.isBindingElement(element) && ts.isIdentifier(element.name) ? element.name.text : undefined;
    return own ?? last ?? "value";
  };
}

function bindingFor(
  given: Given,
  nameOf: (path: readonly string[]) => string,
  params: Params,
  scope: Scope,
  path: readonly string[] = [],
): Binding {
  const name = nameOf(path);
  if (given.kind === "value") {
    const own = scope.names.unique(name);
    params.push({ name: own, type: UNKNOWN });
    return { kind: "variable", name: own, owner: scope, mutable: false, fixed: null };
  }
  if (given.kind === "object") {
    const fields = [...given.fields].map(
      ([key, one]) => [key, bindingFor(one, nameOf, params, scope, [...path, key])] as const,
    );
    return membersOf(new Map(fields));
  }
  const { binding } = given;
  return binding.kind === "function" && binding.name === null ? { ...binding, name } : binding;
}

export function declareParameter(node: ts.ParameterDeclaration, params: Params, scope: Scope): LoweredParameter {
  const { unit, kernel } = scope;
  const declare = (name: ts.Identifier): void => {
    const symbol = symbolOf(unit, name);
    if (symbol === null) return;
    const type = writtenType(
      unit,
      unit.checker.getNonNullableType(unit.checker.getTypeAtLocation(name)),
      kernel.dtypes,
    );
    const variable = scope.declare(symbol, { mutable: false, fixed: null });
    params.push({ name: variable.name, type });
  };
  if (node.dotDotDotToken) reject(node, "a rest parameter", scope);
  if (ts.isIdentifier(node.name)) {
    declare(node.name);
    return { node, members: null };
  }
  const isObject = ts.isObjectBindingPattern(node.name);
  const members: (string | number)[] = [];
  for (const [index, part] of node.name.elements.entries()) {
    if (ts.isOmittedExpression(part)) continue;
    const key = part.propertyName ?? part.name;
    if (part.dotDotDotToken || part.initializer || !ts.isIdentifier(part.name) || !ts.isIdentifier(key)) {
      reject(part, "this pattern", scope);
      continue;
    }
    members.push(isObject ? key.text : index);
    declare(part.name);
  }
  return { node, members };
}

export function reject(node: ts.Node, what: string, scope: Scope): void {
  const instead = "name every parameter: function f(x: Tile, n: number)";
  scope.unit.report(unsupportedSyntax(scope.unit.span(node), { what, instead }));
}

import { recursion, unknownFunction, unsupportedSyntax, wrongArguments } from "../diagnostics/catalogue/frontend.js";
import { type DeviceFunction, type Expr, type Stmt, UNKNOWN, VOID, walkStatements } from "../ir/index.js";
import { lowerExpression } from "./expressions/index.js";
import { staticLiteral } from "./expressions/literals.js";
import { element, memberNames } from "./expressions/members.js";
import { reference } from "./expressions/names.js";
import { fixedValue } from "./fixed.js";
import { writtenType } from "./flavors.js";
import { isGiven } from "./given.js";
import { type FunctionNode, symbolOf } from "./names.js";
import { poison } from "./poison.js";
import { isOfLibrary } from "./project.js";
import { type LoweredFunction, type LoweredParameter, Scope } from "./scope.js";
import { copyAssigned } from "./statements/copies.js";
import { lowerStatements } from "./statements/index.js";
import { lowerWhole } from "./statements/whole.js";
import { ts } from "./typescript.mjs";

/** A call of a function of the user's: it becomes a device function of the kernel, lowered at its first call. */
export function callFunction(node: ts.CallExpression, name: string, callee: FunctionNode, scope: Scope): Expr {
  const { unit, kernel } = scope;
  const span = unit.span(node);
  if (kernel.active.includes(callee)) {
    unit.report(recursion(span, { name }));
    return poison(node, scope);
  }
  if (callee.body === undefined || callee.asteriskToken || ts.getModifiers(callee)?.some(isAsync)) {
    const instead = "only plain functions with a body in TypeScript can be compiled";
    unit.report(unknownFunction(unit.span(node.expression), { name, instead }));
    return poison(node, scope);
  }
  const missing = leftOut(node, callee, scope);
  const instances = kernel.functions.get(callee) ?? new Map<string, LoweredFunction>();
  kernel.functions.set(callee, instances);
  const lowered = instances.get(missing.join()) ?? lowerFunction(name, callee, missing, scope);
  instances.set(missing.join(), lowered);
  const args = argumentsOf(node, name, lowered, scope);
  if (args === null) return poison(node, scope);
  const captured = lowered.captured.map((variable) => reference(scope.reach(variable), node, scope));
  return { kind: "call", callee: lowered.name, args: [...args, ...captured], type: UNKNOWN, span };
}

const isAsync = (modifier: ts.Modifier): boolean => modifier.kind === ts.SyntaxKind.AsyncKeyword;

/** The optional parameters that a call leaves out, by their places: the function is made for each choice of them. */
function leftOut({ arguments: given }: ts.CallExpression, callee: FunctionNode, scope: Scope): readonly number[] {
  const places = [...callee.parameters.keys()];
  return places.filter((place) => {
    const { questionToken, initializer } = callee.parameters[place]!;
    const argument = given[place];
    if (initializer !== undefined) return false;
    return argument === undefined ? questionToken !== undefined : isGiven(argument, scope) === false;
  });
}

function lowerFunction(name: string, node: FunctionNode, missing: readonly number[], caller: Scope): LoweredFunction {
  const { unit, kernel } = caller;
  kernel.active.push(node);
  if (!isOfLibrary(node.getSourceFile())) unit.regions.add(node);
  const scope = new Scope({ unit, kernel, name, node, isKernel: false, outer: scopeAround(node, caller) });
  const params: { name: string; type: DeviceFunction["result"] }[] = [];
  const parameters = node.parameters.map((parameter, place) =>
    missing.includes(place) ? declareMissing(parameter, scope) : declareParameter(parameter, params, scope),
  );
  const copies = copyAssigned(node.body!, scope);
  const body = [...copies, ...bodyOf(node, scope)];
  kernel.active.pop();
  for (const own of scope.captured.values()) params.push({ name: own.name, type: UNKNOWN });
  const irName = kernel.functionNames.unique(name);
  kernel.order.push({ name: irName, params, body, result: givesValue(body) ? UNKNOWN : VOID, span: unit.span(node) });
  return { name: irName, parameters, captured: [...scope.captured.keys()] };
}

/** The scope around a function that is declared inside the kernel or inside another function; null for one of a module. */
function scopeAround(node: FunctionNode, caller: Scope): Scope | null {
  for (let around: Scope | null = caller; around !== null; around = around.outer) {
    const { node: outer } = around;
    if (outer.getSourceFile() === node.getSourceFile() && outer.pos <= node.pos && node.end <= outer.end) return around;
  }
  return null;
}

function declareMissing(node: ts.ParameterDeclaration, scope: Scope): LoweredParameter {
  const symbol = ts.isIdentifier(node.name) ? symbolOf(scope.unit, node.name) : null;
  if (symbol !== null) scope.declare(symbol, { mutable: false, fixed: { kind: "missing" }, absent: true });
  return { node, members: [], missing: true };
}

function declareParameter(
  node: ts.ParameterDeclaration,
  params: { name: string; type: DeviceFunction["result"] }[],
  scope: Scope,
): LoweredParameter {
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

function reject(node: ts.Node, what: string, scope: Scope): void {
  const instead = "name every parameter: function f(x: Tile, n: number)";
  scope.unit.report(unsupportedSyntax(scope.unit.span(node), { what, instead }));
}

function bodyOf(node: FunctionNode, scope: Scope): readonly Stmt[] {
  const body = node.body!;
  if (ts.isBlock(body)) return lowerStatements(body.statements, scope);
  const { checker } = scope.unit;
  const { before, value } = lowerWhole(body, scope);
  const span = scope.unit.span(body);
  const signature = checker.getSignatureFromDeclaration(node);
  const isVoid = signature !== undefined && (signature.getReturnType().flags & ts.TypeFlags.Void) !== 0;
  return [...before, isVoid ? { kind: "effect", value, span } : { kind: "return", value, span }];
}

function givesValue(body: readonly Stmt[]): boolean {
  let found = false;
  walkStatements(body, (stmt) => {
    if (stmt.kind === "return" && stmt.value !== null) found = true;
  });
  return found;
}

function argumentsOf(
  node: ts.CallExpression,
  name: string,
  callee: LoweredFunction,
  scope: Scope,
): readonly Expr[] | null {
  const { parameters } = callee;
  const given = node.arguments.length;
  const spread = node.arguments.find(ts.isSpreadElement);
  const missing = parameters
    .slice(given)
    .some(({ node: parameter, missing }) => parameter.initializer === undefined && !missing);
  // A rest parameter is reported where it is declared.
  if (parameters.some(({ node: parameter }) => parameter.dotDotDotToken)) return null;
  if (spread !== undefined) {
    scope.unit.report(
      unsupportedSyntax(scope.unit.span(spread), { what: "a spread", instead: "write every argument" }),
    );
    return null;
  }
  if (given > parameters.length || missing) {
    const expected = `(${parameters.map(({ node: parameter }) => parameter.name.getText()).join(", ")})`;
    scope.unit.report(wrongArguments(scope.unit.span(node), { name, expected, got: given }));
    return null;
  }
  return parameters.flatMap((parameter, index): readonly Expr[] => {
    const argument = node.arguments[index];
    if (parameter.missing) return [];
    if (argument === undefined || isGiven(argument, scope) === false)
      return [defaultValue(parameter.node.initializer!, scope)];
    if (parameter.members === null) return [lowerExpression(argument, scope)];
    return membersOf(argument, parameter.members, scope);
  });
}

/** A default value stands in another function: only what is known without running anything can be put in its place. */
function defaultValue(node: ts.Expression, scope: Scope): Expr {
  const value = fixedValue(node, scope);
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  const instead = "give it a number, or pass the argument";
  scope.unit.report(unsupportedSyntax(scope.unit.span(node), { what: "this default value", instead }));
  return poison(node, scope);
}

/** The members that an object or array pattern takes from an argument. */
function membersOf(argument: ts.Expression, members: readonly (string | number)[], scope: Scope): readonly Expr[] {
  const value = lowerExpression(argument, scope);
  const names = memberNames(argument, scope);
  const indices = members.map((member) => (typeof member === "number" ? member : names.indexOf(member)));
  if (value.kind === "tuple") return indices.map((index) => value.items[index] ?? poison(argument, scope));
  if (value.kind !== "ref" && value.kind !== "literal") {
    const instead = "give it a name first: const parts = …";
    scope.unit.report(
      unsupportedSyntax(scope.unit.span(argument), { what: "taking this value apart in a call", instead }),
    );
  }
  return indices.map((index) => element(value, Math.max(index, 0), argument, scope));
}

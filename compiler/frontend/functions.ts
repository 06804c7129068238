import {
  notStatic,
  recursion,
  unknownFunction,
  unsupportedSyntax,
  wrongArguments,
} from "../diagnostics/catalogue/frontend.js";
import { type DeviceFunction, type Expr, type Stmt, UNKNOWN, VOID, walkStatements } from "../ir/index.js";
import { anyOp, hasEffect } from "../ops/index.js";
import { aroundKey, functionsIn, type Given, givenBy, keyOf, valuesOf, withChoice } from "./arguments.js";
import { bindingOf, constantBinding, isFunctionValue, membersOf } from "./bindings.js";
import { lowerExpression } from "./expressions/index.js";
import { staticLiteral } from "./expressions/literals.js";
import { element, memberNames } from "./expressions/members.js";
import { boundValue } from "./expressions/names.js";
import { op } from "./expressions/operators.js";
import { decideGiven, lowerCondition, optionalParameter } from "./expressions/presence.js";
import { decide, fixedValue } from "./fixed.js";
import { mayBeUndefined, writtenType } from "./flavors.js";
import { isGiven } from "./given.js";
import { isOfLibrary } from "./language-files.js";
import { type FunctionNode, symbolOf } from "./names.js";
import { needsKnown } from "./needed.js";
import { poison } from "./poison.js";
import {
  type Binding,
  type FunctionValue,
  type KernelScope,
  type LoweredFunction,
  type LoweredParameter,
  Scope,
} from "./scope.js";
import { copyAssigned } from "./statements/copies.js";
import { bindName } from "./statements/declarations.js";
import { lowerStatements } from "./statements/index.js";
import { lowerWhole } from "./statements/whole.js";
import { isConstant } from "./static/value.js";
import { ts } from "./typescript.mjs";

type UserFunction = Extract<FunctionValue, { kind: "function" }>;

/** A call of a function of the user's: it becomes a device function of the kernel, lowered at its first call. */
export function callFunction(node: ts.CallExpression, fn: UserFunction, scope: Scope): Expr {
  for (const [place, one] of node.arguments.entries()) decideArgument(one, fn.node.parameters[place], scope);
  const given = node.arguments.map((one) => (isGiven(one, scope) === false ? null : givenBy(one, scope)));
  return applied(fn, given, node, scope);
}

/** A function that takes an optional parameter of the kernel as one of its own is made for launches that give it, and for others. */
function decideArgument(node: ts.Expression, parameter: ts.ParameterDeclaration | undefined, scope: Scope): void {
  const { checker } = scope.unit;
  const variable = parameter && optionalParameter(node, scope);
  const takesNone =
    parameter?.questionToken ||
    parameter?.initializer ||
    (parameter && mayBeUndefined(checker.getTypeAtLocation(parameter)));
  if (variable && takesNone && mayBeUndefined(checker.getTypeAtLocation(node))) decideGiven(variable);
}

/** A function on what is given for its parameters; null, or nothing at the end, for what is left out. */
export function applied(
  fn: UserFunction,
  given: readonly (Given | null)[],
  node: ts.CallExpression,
  scope: Scope,
): Expr {
  const { unit, kernel } = scope;
  const span = unit.span(node);
  const name = fn.name ?? "fn";
  const { node: callee } = fn;
  if (callee.body === undefined || callee.asteriskToken || ts.getModifiers(callee)?.some(isAsync)) {
    const instead = "only plain functions with a body in TypeScript can be compiled";
    unit.report(unknownFunction(unit.span(node.expression), { name, instead }));
    return poison(node, scope);
  }
  const unknown = isOfLibrary(callee.getSourceFile()) ? unknownConstant(callee, given, scope) : null;
  if (unknown !== null) {
    const what = `${unknown.parameter.name.getText()} of ${name}`;
    unit.report(notStatic(unit.span(unknown.node), { what, kind: "a number", instead: "write the number itself" }));
    return poison(node, scope);
  }
  const all = callee.parameters.map((parameter, place) =>
    knownGiven(parameter, given[place] ?? defaultGiven(parameter, scope), scope),
  );
  const choice = all.flatMap((one) => (one ? functionsIn(one) : [])).find(({ kind }) => kind === "choice");
  if (choice?.kind === "choice") {
    const taken = (side: boolean): Expr =>
      applied(
        fn,
        given.map((one) => one && withChoice(one, choice, side)),
        node,
        scope,
      );
    return chosen(choice, taken, node, scope);
  }
  const active = `${keyOf({ kind: "known", binding: fn }, false)}(${all.map((one) => (one ? keyOf(one, false) : "")).join("; ")})`;
  if (callee === kernel.fn || kernel.active.includes(active)) {
    unit.report(recursion(span, { name }));
    return poison(node, scope);
  }
  const missing = leftOut(given, all, callee);
  const key = [aroundKey(fn.around), missing.join(), ...all.map((one) => (one ? keyOf(one) : "_"))].join("; ");
  const instances = kernel.functions.get(callee) ?? new Map<string, LoweredFunction>();
  kernel.functions.set(callee, instances);
  kernel.active.push(active);
  // On elements what is made with the numbers around it in their places, or what reads nothing around it.
  const [plain, elements] = [instances.get(key), `${key}; elements`];
  const alone = instances.get(elements) ?? (plain?.captured.length === 0 ? plain : undefined);
  const lowered = (fn.ofElements ? alone : plain) ?? lowerFunction(fn, name, missing, all, scope);
  kernel.active.pop();
  instances.set(lowered.numbers ? elements : key, lowered);
  const args = argumentsOf(node, name, lowered, given, all, scope);
  if (args === null) return poison(node, scope);
  const captured = lowered.captured.map((variable) => boundValue(scope.reach(variable), node, scope));
  return { kind: "call", callee: lowered.name, args: [...args, ...captured], type: UNKNOWN, span };
}

/** A function on elements that only inference knows: `count` of them, or as many tuples of `items`. */
export function callOfElements(
  fn: UserFunction,
  count: number,
  items: number,
  node: ts.CallExpression,
  scope: Scope,
): Expr {
  const element: Given = { kind: "value", node: null, lower: () => poison(node, scope) };
  const tuple = new Map(Array.from({ length: items }, (_, index): [string, Given] => [String(index), element]));
  const given: Given = items === 0 ? element : { kind: "object", fields: tuple };
  return applied({ ...fn, ofElements: true }, new Array<Given>(count).fill(given), node, scope);
}

/** A choice of functions is one of calls, and what decides it is known as the kernel is built. */
export function chosen(
  { condition }: Extract<FunctionValue, { kind: "choice" }>,
  taken: (side: boolean) => Expr,
  node: ts.Node,
  scope: Scope,
): Expr {
  const asked = op("decides", { x: lowerCondition(condition, scope) }, condition, scope);
  return op("select", { condition: asked, a: taken(true), b: taken(false) }, node, scope);
}

/** Drops what was made for functions that stand inside a node: they see other values in the next turn of a loop that is unrolled. */
export function forgetInside(node: ts.Node, { functions }: KernelScope): void {
  const isInside = (fn: ts.Node): boolean =>
    fn.getSourceFile() === node.getSourceFile() && fn.pos >= node.pos && fn.end <= node.end;
  for (const [fn, instances] of functions) {
    if (isInside(fn)) functions.delete(fn);
    for (const [key, { passed }] of instances) if (passed.some(isInside)) instances.delete(key);
  }
}

const isAsync = (modifier: ts.Modifier): boolean => modifier.kind === ts.SyntaxKind.AsyncKeyword;

/** A function that stands for one that the call leaves out; null for every other default value. */
function defaultGiven({ initializer }: ts.ParameterDeclaration, scope: Scope): Given | null {
  const binding = initializer === undefined ? null : bindingOf(initializer, scope);
  return isFunctionValue(binding) ? { kind: "known", binding } : null;
}

/** A number, flag or text is passed as a constant where the function needs to know it. */
function knownGiven(parameter: ts.ParameterDeclaration, given: Given | null, scope: Scope): Given | null {
  const node = given === null ? parameter.initializer : given.kind === "value" ? given.node : null;
  const fixed = node ? fixedValue(node, scope) : null;
  if (!node || !needsKnown(parameter, scope.unit, scope.kernel)) return given;
  if (fixed === null || !isConstant(fixed)) {
    decide(node, scope);
    return given;
  }
  return { kind: "known", binding: constantBinding(fixed, scope) };
}

/** An argument that is no constant where a function of the library needs one: the author of the call does not see why. */
function unknownConstant(
  { parameters }: FunctionNode,
  given: readonly (Given | null)[],
  scope: Scope,
): { readonly parameter: ts.ParameterDeclaration; readonly node: ts.Expression } | null {
  for (const [place, parameter] of parameters.entries()) {
    const one = given[place];
    const node = one?.kind === "value" ? one.node : null;
    if (!node || !needsKnown(parameter, scope.unit, scope.kernel)) continue;
    const fixed = fixedValue(node, scope);
    if (fixed !== null && isConstant(fixed)) continue;
    decide(node, scope);
    return { parameter, node };
  }
  return null;
}

/** The optional parameters that a call leaves out, by their places: the function is made for each choice of them. */
function leftOut(
  given: readonly (Given | null)[],
  all: readonly (Given | null)[],
  callee: FunctionNode,
): readonly number[] {
  return [...all.keys()].filter((place) => {
    const { questionToken, initializer } = callee.parameters[place]!;
    if (initializer !== undefined || all[place] !== null) return false;
    return given[place] === undefined ? questionToken !== undefined : true;
  });
}

function lowerFunction(
  { node, around, ofElements }: UserFunction,
  name: string,
  missing: readonly number[],
  given: readonly (Given | null)[],
  caller: Scope,
): LoweredFunction {
  const { unit, kernel } = caller;
  if (!isOfLibrary(node.getSourceFile())) unit.regions.add(node);
  const scope = new Scope({ unit, kernel, name, node, isKernel: false, outer: around, ofElements });
  const params: Params = [];
  const parameters = node.parameters.map((parameter, place) => {
    if (missing.includes(place)) return declareMissing(parameter, scope);
    const one = given[place];
    return one && one.kind !== "value"
      ? declareKnown(parameter, one, params, scope)
      : declareParameter(parameter, params, scope);
  });
  const copies = copyAssigned(node.body!, scope);
  const body = [...copies, ...bodyOf(node, scope)];
  for (const own of scope.captured.values()) params.push({ name: own.name, type: UNKNOWN });
  const passed = given.flatMap((one) => (one ? functionsIn(one) : []));
  const irName = kernel.functionNames.unique([name, ...passed.flatMap(nameOfPassed)].join("_"));
  kernel.order.push({ name: irName, params, body, result: givesValue(body) ? UNKNOWN : VOID, span: unit.span(node) });
  const nodes = passed.flatMap((fn) => (fn.kind === "function" ? [fn.node] : []));
  return { name: irName, parameters, captured: [...scope.captured.keys()], passed: nodes, numbers: scope.numbers };
}

type Params = { name: string; type: DeviceFunction["result"] }[];

/** What a function is passed is in its name: `matmul_relu`. */
const nameOfPassed = (fn: FunctionValue): readonly string[] =>
  fn.kind !== "choice" && fn.name !== null ? [fn.name] : [];

function declareMissing(node: ts.ParameterDeclaration, scope: Scope): LoweredParameter {
  const symbol = ts.isIdentifier(node.name) ? symbolOf(scope.unit, node.name) : null;
  if (symbol !== null) scope.declare(symbol, { mutable: false, fixed: { kind: "missing" }, absent: true });
  return { node, members: [], missing: true };
}

/** A parameter that a call gives functions or constants: its other members are parameters of their own. */
function declareKnown(node: ts.ParameterDeclaration, given: Given, params: Params, scope: Scope): LoweredParameter {
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

function declareParameter(node: ts.ParameterDeclaration, params: Params, scope: Scope): LoweredParameter {
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
  given: readonly (Given | null)[],
  all: readonly (Given | null)[],
  scope: Scope,
): readonly Expr[] | null {
  const { parameters } = callee;
  const spread = node.arguments.find(ts.isSpreadElement);
  const missing = parameters.some(
    ({ node: { initializer }, missing }, place) => given[place] === undefined && initializer === undefined && !missing,
  );
  // A rest parameter is reported where it is declared.
  if (parameters.some(({ node: parameter }) => parameter.dotDotDotToken)) return null;
  if (spread !== undefined) {
    scope.unit.report(
      unsupportedSyntax(scope.unit.span(spread), { what: "a spread", instead: "write every argument" }),
    );
    return null;
  }
  const further = given.slice(parameters.length);
  if (missing || (further.length > 0 && !isIgnored(further, parameters, node, scope))) {
    const expected = `(${parameters.map(({ node: parameter }) => parameter.name.getText()).join(", ")})`;
    scope.unit.report(wrongArguments(scope.unit.span(node), { name, expected, got: given.length }));
    return null;
  }
  return parameters.flatMap((parameter, index): readonly Expr[] => {
    const argument = all[index] ?? null;
    if (parameter.missing) return [];
    if (argument === null) return [defaultValue(parameter.node.initializer!, scope)];
    if (argument.kind === "value" && parameter.members !== null) {
      if (argument.node !== null) return membersOfArgument(argument.node, parameter.members, scope);
      reject(parameter.node, "taking one number apart", scope);
    }
    return valuesOf(argument);
  });
}

/** As in TypeScript, a function that is a value may take fewer arguments than its type says; what it does not take must do nothing. */
function isIgnored(
  further: readonly (Given | null)[],
  parameters: readonly LoweredParameter[],
  node: ts.CallExpression,
  scope: Scope,
): boolean {
  const signature = scope.unit.checker.getResolvedSignature(node);
  const isOwn = signature?.declaration === parameters[0]?.node.parent;
  if (isOwn || (signature?.parameters.length ?? 0) < parameters.length + further.length) return false;
  return !further.some((one) => one?.kind === "value" && anyOp(one.lower(), hasEffect));
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
function membersOfArgument(
  argument: ts.Expression,
  members: readonly (string | number)[],
  scope: Scope,
): readonly Expr[] {
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

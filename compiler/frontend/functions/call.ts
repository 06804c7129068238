import { notStatic, recursion, unknownFunction } from "../../diagnostics/catalogue/frontend.js";
import { type Expr, UNKNOWN } from "../../ir/index.js";
import { aroundKey, functionsIn, type Given, givenBy, keyOf, withChoice } from "../arguments.js";
import { bindingOf, constantBinding, isFunctionValue } from "../bindings.js";
import { boundValue } from "../expressions/names.js";
import { op } from "../expressions/operators.js";
import { decideGiven, lowerCondition, optionalParameter } from "../expressions/presence.js";
import { decide, fixedValue } from "../fixed.js";
import { mayBeUndefined } from "../flavors.js";
import { isGiven } from "../given.js";
import { isOfLibrary } from "../language-files.js";
import type { FunctionNode } from "../names.js";
import { needsKnown } from "../needed.js";
import { poison } from "../poison.js";
import type { FunctionValue, LoweredFunction, Scope } from "../scope.js";
import { isConstant } from "../static/value.js";
import { ts } from "../typescript.mjs";
import { lowerFunction, type UserFunction } from "./lower-function.js";
import { argumentsOf } from "./passed.js";

/** A call of a function of the user's: it becomes a device function of the kernel, lowered at its first call. */
export function callFunction(node: ts.CallExpression, fn: UserFunction, scope: Scope): Expr {
  for (const [place, one] of node.arguments.entries()) decideArgument(one, fn.node.parameters[place], scope);
  // What has no value where the function needs one is a mistake of the call, and is lowered to say so.
  const given = node.arguments.map((one, place) =>
    isGiven(one, scope) === false && takesNone(fn.node.parameters[place], scope) ? null : givenBy(one, scope),
  );
  return applied(fn, given, node, scope);
}

/** Whether a call may leave the parameter out, or say `undefined` for it. */
function takesNone(parameter: ts.ParameterDeclaration | undefined, { unit }: Scope): boolean {
  if (!parameter || parameter.questionToken || parameter.initializer) return true;
  const type = unit.checker.getTypeAtLocation(parameter);
  return (
    mayBeUndefined(type) || (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter)) !== 0
  );
}

/** A function that takes an optional parameter of the kernel as one of its own is made for launches that give it, and for others. */
function decideArgument(node: ts.Expression, parameter: ts.ParameterDeclaration | undefined, scope: Scope): void {
  const variable = parameter && optionalParameter(node, scope);
  const mayLack = variable && mayBeUndefined(scope.unit.checker.getTypeAtLocation(node));
  if (mayLack && takesNone(parameter, scope)) decideGiven(variable);
}

/** A function on what is given for its parameters; null, or nothing at the end, for what is left out. */
function applied(fn: UserFunction, given: readonly (Given | null)[], node: ts.CallExpression, scope: Scope): Expr {
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

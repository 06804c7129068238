import { type Stmt, UNKNOWN, VOID, walkStatements } from "../../ir/index.js";
import { functionsIn, type Given } from "../arguments.js";
import { isOfLibrary } from "../language-files.js";
import type { FunctionNode } from "../names.js";
import { type FunctionValue, type KernelScope, type LoweredFunction, Scope } from "../scope.js";
import { copyAssigned } from "../statements/copies.js";
import { lowerStatements } from "../statements/index.js";
import { lowerWhole } from "../statements/whole.js";
import { ts } from "../typescript.mjs";
import { declareKnown, declareMissing, declareParameter, type Params } from "./parameters.js";

export type UserFunction = Extract<FunctionValue, { kind: "function" }>;

/** Drops what was made for functions that stand inside a node: they see other values in the next turn of a loop that is unrolled. */
export function forgetInside(node: ts.Node, { functions }: KernelScope): void {
  const isInside = (fn: ts.Node): boolean =>
    fn.getSourceFile() === node.getSourceFile() && fn.pos >= node.pos && fn.end <= node.end;
  for (const [fn, instances] of functions) {
    if (isInside(fn)) functions.delete(fn);
    for (const [key, { passed }] of instances) if (passed.some(isInside)) instances.delete(key);
  }
}

export function lowerFunction(
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

/** What a function is passed is in its name: `matmul_relu`. */
const nameOfPassed = (fn: FunctionValue): readonly string[] =>
  fn.kind !== "choice" && fn.name !== null ? [fn.name] : [];

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

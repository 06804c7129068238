import { fixedValue, localBinding } from "./fixed.js";
import { decided } from "./given.js";
import { type FunctionNode, resolveName, unwrapped } from "./names.js";
import { OPERATIONS } from "./operations.js";
import type { Binding, FunctionValue, Members, Scope, Variable } from "./scope.js";
import type { Static } from "./static/value.js";
import { ts } from "./typescript.mjs";

export const isFunctionValue = (binding: Binding | null): binding is FunctionValue =>
  binding !== null && binding.kind !== "variable" && binding.kind !== "members";

/** What an expression stands for where that is known as the kernel is compiled: also functions and constants of modules. */
export function bindingOf(node: ts.Expression, scope: Scope): Binding | null {
  const inner = unwrapped(node);
  if (ts.isArrowFunction(inner) || ts.isFunctionExpression(inner))
    return { kind: "function", node: inner, name: nameOf(inner), around: scope };
  if (ts.isConditionalExpression(inner)) return choice(inner, scope);
  const local = localBinding(inner, scope);
  if (local !== null) return local.kind === "variable" ? (ofVariable(local, scope) ?? local) : local;
  if (!ts.isIdentifier(inner) && !ts.isPropertyAccessExpression(inner) && !ts.isElementAccessExpression(inner))
    return null;
  if (ts.isElementAccessExpression(inner)) return ofConstant(inner, scope);
  const named = resolveName(scope.unit, ts.isIdentifier(inner) ? inner : inner.name);
  if (named.kind === "function") return functionBinding(named.node, named.name, scope);
  if (named.kind === "language" && named.name in OPERATIONS) return { kind: "operation", name: named.name };
  return named.kind === "symbol" ? ofConstant(inner, scope) : null;
}

export const functionBinding = (node: FunctionNode, name: string | null, scope: Scope): FunctionValue => ({
  kind: "function",
  node,
  name,
  around: scopeAround(node, scope),
});

/** The scope around a function that is declared inside the kernel or inside another function; null for one of a module. */
function scopeAround(node: FunctionNode, caller: Scope): Scope | null {
  for (let around: Scope | null = caller; around !== null; around = around.outer) {
    const { node: outer } = around;
    if (outer.getSourceFile() === node.getSourceFile() && outer.pos <= node.pos && node.end <= outer.end) return around;
  }
  return null;
}

/** `condition ? f : g`; null where these are no functions. */
function choice(node: ts.ConditionalExpression, scope: Scope): Binding | null {
  const known = decided(node.condition, scope);
  if (known !== null) return bindingOf(known ? node.whenTrue : node.whenFalse, scope);
  const [whenTrue, whenFalse] = [bindingOf(node.whenTrue, scope), bindingOf(node.whenFalse, scope)];
  if (!isFunctionValue(whenTrue) || !isFunctionValue(whenFalse)) return null;
  return { kind: "choice", condition: node.condition, whenTrue, whenFalse };
}

function ofConstant(node: ts.Expression, scope: Scope): Binding | null {
  const value = fixedValue(node, scope);
  return value === null ? null : ofStatic(value, scope);
}

/** A variable that holds functions or an object of constants. */
const ofVariable = ({ fixed, absent }: Variable, scope: Scope): Binding | null =>
  absent && (fixed?.kind === "function" || fixed?.kind === "record") ? ofStatic(fixed, scope) : null;

/** A constant as a binding: a function, an object by its members, or a variable. */
function ofStatic(value: Static, scope: Scope): Binding {
  if (value.kind === "function") return functionBinding(value.node, nameOf(value.node), scope);
  if (value.kind !== "record") return constantBinding(value, scope);
  return membersOf(new Map([...value.fields].map(([name, field]) => [name, ofStatic(field, scope)])));
}

/** A variable that exists at compile time only. */
export const constantBinding = (fixed: Static, owner: Scope): Variable => ({
  kind: "variable",
  name: "",
  owner,
  mutable: false,
  fixed,
  absent: true,
});

export const membersOf = (fields: ReadonlyMap<string, Binding>): Members => ({
  kind: "members",
  names: [...fields.keys()],
  field: (name) => fields.get(name) ?? null,
});

/** A list whose elements are variables that may be assigned. */
export const listOf = (variables: readonly Variable[]): Members => ({
  ...membersOf(new Map(variables.map((variable, index) => [String(index), variable]))),
  list: true,
});

export const isListBinding = (binding: Binding | null): binding is Members =>
  binding?.kind === "members" && binding.list === true;

/** `const relu = (x) => …` and `{ relu: (x) => … }` give a function its name. */
function nameOf(node: FunctionNode): string | null {
  if (node.name !== undefined) return node.name.text;
  let { parent } = node as ts.Node;
  while (ts.isExpression(parent) && !ts.isObjectLiteralExpression(parent) && unwrapped(parent) === node)
    parent = parent.parent;
  const named = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name : undefined;
  return named !== undefined && ts.isIdentifier(named) ? named.text : null;
}

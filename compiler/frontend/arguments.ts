import type { Expr } from "../ir/index.js";
import { bindingOf, isFunctionValue, isListBinding } from "./bindings.js";
import { lowerExpression } from "./expressions/index.js";
import { element, memberNames } from "./expressions/members.js";
import { boundValue } from "./expressions/names.js";
import { unwrapped } from "./names.js";
import type { Binding, FunctionValue, Members, Scope, Variable } from "./scope.js";
import type { Static } from "./static/value.js";
import { memberOf } from "./syntax.js";
import { ts } from "./typescript.mjs";

/** What a call gives for a parameter, or for a member of one: a value of the kernel, or what is known as the kernel is compiled. */
export type Given =
  | { readonly kind: "value"; readonly node: ts.Expression | null; readonly lower: () => Expr }
  | { readonly kind: "known"; readonly binding: Binding }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Given> };

/** An argument: functions, objects with a function or a constant in them, and lists of constants are known, all else is a value. */
export function givenBy(node: ts.Expression, scope: Scope): Given {
  const binding = bindingOf(node, scope);
  if (isListBinding(binding)) return elementsOf(binding, node, scope);
  if (binding !== null && (binding.kind !== "variable" || isList(binding))) return { kind: "known", binding };
  return objectOf(node, scope) ?? asValue(node, scope);
}

/** A list whose elements change, as they are now. */
const elementsOf = (list: Members, node: ts.Expression, scope: Scope): Given => ({
  kind: "object",
  fields: new Map(
    list.names.map((name) => [
      name,
      { kind: "value", node: null, lower: () => boundValue(list.field(name)!, node, scope) },
    ]),
  ),
});

const asValue = (node: ts.Expression, scope: Scope): Given => ({
  kind: "value",
  node,
  lower: () => lowerExpression(node, scope),
});

const isList = ({ fixed, absent }: Variable): boolean => absent === true && fixed?.kind === "list";

/** A literal with something in it that a tuple of the IR cannot hold; null for every other expression. */
export function objectOf(node: ts.Expression, scope: Scope): Given | null {
  const object = literalOf(node, scope);
  return object !== null && holdsKnown(object) ? object : null;
}

function literalOf(node: ts.Expression, scope: Scope): Given | null {
  const inner = unwrapped(node);
  const fields = ts.isObjectLiteralExpression(inner) ? fieldsOf(inner, scope) : null;
  return fields && { kind: "object", fields };
}

const holdsKnown = (given: Given): boolean =>
  given.kind === "object" ? [...given.fields.values()].some(holdsKnown) : given.kind === "known";

type Fields = ReadonlyMap<string, Given>;

/** Of two members of one name the later one counts, as in JavaScript. Null where it is not known which members there are. */
function fieldsOf(node: ts.ObjectLiteralExpression, scope: Scope): Fields | null {
  const fields = new Map<string, Given>();
  for (const property of node.properties) {
    if (ts.isSpreadAssignment(property)) {
      const spread = spreadOf(unwrapped(property.expression), scope);
      if (spread === null) return null;
      for (const [name, given] of spread) fields.set(name, given);
      continue;
    }
    const member = memberOf(property);
    if (member === null) return null;
    fields.set(member.key.text, fieldBy(member.value, scope));
  }
  return fields;
}

/** A member: a constant stays one, so that it can be a size. */
function fieldBy(node: ts.Expression, scope: Scope): Given {
  const binding = bindingOf(node, scope);
  if (isListBinding(binding)) return elementsOf(binding, node, scope);
  if (
    binding !== null &&
    (binding.kind !== "variable" || binding.fixed !== null || binding.constant || binding.optional)
  )
    return { kind: "known", binding };
  return literalOf(node, scope) ?? asValue(node, scope);
}

function spreadOf(node: ts.Expression, scope: Scope): Fields | null {
  if (ts.isObjectLiteralExpression(node)) return fieldsOf(node, scope);
  const binding = bindingOf(node, scope);
  if (binding?.kind === "members")
    return new Map(binding.names.map((name) => [name, { kind: "known", binding: binding.field(name)! }]));
  if (!ts.isIdentifier(node)) return null;
  const lower = (index: number): Expr => element(lowerExpression(node, scope), index, node, scope);
  return new Map(
    memberNames(node, scope).map((name, index): [string, Given] => [
      name,
      { kind: "value", node: null, lower: () => lower(index) },
    ]),
  );
}

/** The values that a call passes, in the order in which the function declares its parameters. */
export function valuesOf(given: Given): readonly Expr[] {
  if (given.kind === "value") return [given.lower()];
  return given.kind === "known" ? [] : [...given.fields.values()].flatMap(valuesOf);
}

/** The functions that a call passes. */
export function functionsIn(given: Given): readonly FunctionValue[] {
  if (given.kind === "value") return [];
  if (given.kind === "object") return [...given.fields.values()].flatMap(functionsIn);
  return functionsOf(given.binding);
}

function functionsOf(binding: Binding): readonly FunctionValue[] {
  if (binding.kind === "members") return binding.names.flatMap((name) => functionsOf(binding.field(name)!));
  return isFunctionValue(binding) ? [binding] : [];
}

type Choice = Extract<FunctionValue, { kind: "choice" }>;

/** The argument with a choice of functions decided. */
export function withChoice(given: Given, choice: Choice, taken: boolean): Given {
  if (given.kind === "value") return given;
  if (given.kind === "known") return { kind: "known", binding: decidedIn(given.binding, choice, taken) };
  const fields = [...given.fields].map(([name, one]) => [name, withChoice(one, choice, taken)] as const);
  return { kind: "object", fields: new Map(fields) };
}

function decidedIn(binding: Binding, choice: Choice, taken: boolean): Binding {
  if (binding === choice) return taken ? choice.whenTrue : choice.whenFalse;
  if (binding.kind !== "members") return binding;
  const field = (name: string): Binding | null => {
    const member = binding.field(name);
    return member === null ? null : decidedIn(member, choice, taken);
  };
  return { ...binding, field };
}

const numbers = new WeakMap<object, number>();
let count = 0;

function numberOf(one: object): number {
  const known = numbers.get(one) ?? ++count;
  numbers.set(one, known);
  return known;
}

/** Text that is equal for arguments that one function can be made for; `apart` tells the places where functions stand from one another. */
export function keyOf(given: Given, apart = true): string {
  if (given.kind === "value") return "_";
  if (given.kind === "known") return bindingKey(given.binding, apart);
  return `{${[...given.fields].map(([name, one]) => `${JSON.stringify(name)}:${keyOf(one, apart)}`).join()}}`;
}

function bindingKey(binding: Binding, apart: boolean): string {
  switch (binding.kind) {
    case "variable":
      return binding.absent ? staticKey(binding.fixed) : `v${numberOf(binding)}`;
    case "members":
      return `{${binding.names.map((name) => `${JSON.stringify(name)}:${bindingKey(binding.field(name)!, apart)}`).join()}}`;
    case "operation":
      return binding.name;
    case "function":
      return apart && binding.around
        ? `f${numberOf(binding.node)}@${numberOf(binding.around)}`
        : `f${numberOf(binding.node)}`;
    case "choice":
      return "choice";
  }
}

/** Of a constant of the front end. */
function staticKey(value: Static | null): string {
  if (value?.kind === "list") return `[${value.items.map(staticKey).join()}]`;
  if (value?.kind === "record")
    return `{${[...value.fields].map(([name, one]) => `${JSON.stringify(name)}:${staticKey(one)}`).join()}}`;
  if (value?.kind === "function") return `f${numberOf(value.node)}`;
  return value?.kind === "float" ? String(value.value) : JSON.stringify(value);
}

export const aroundKey = (around: Scope | null): string => (around === null ? "" : String(numberOf(around)));

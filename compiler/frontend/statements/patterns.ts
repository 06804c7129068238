import { pattern as badPattern, notATuple } from "../../diagnostics/catalogue/frontend.js";
import type { Expr, Stmt } from "../../ir/index.js";
import { UNKNOWN } from "../../ir/index.js";
import { memberNames } from "../expressions/members.js";
import { symbolOf } from "../names.js";
import { isPoison } from "../poison.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";
import { declareBroken } from "./broken.js";
import { lowerWhole } from "./whole.js";

/** A place of a pattern: the index it takes, and the name or the pattern inside it. */
interface Place {
  readonly index: number;
  readonly element: ts.BindingElement;
}

/** `const [a, b] = f(x)`, `const { x, y: [z] } = f(x)`: one unpack for each level. */
export function unpack(
  pattern: ts.BindingPattern,
  initializer: ts.Expression,
  mutable: boolean,
  scope: Scope,
  node: ts.Node,
): readonly Stmt[] {
  const { before, value } = lowerWhole(initializer, scope);
  return [...before, ...take(pattern, value, memberNames(initializer, scope), mutable, scope, node)];
}

function take(
  pattern: ts.BindingPattern,
  value: Expr,
  members: readonly string[],
  mutable: boolean,
  scope: Scope,
  node: ts.Node,
): readonly Stmt[] {
  const { unit } = scope;
  const places = isPoison(value) ? everyPlace(pattern) : placesOf(pattern, members, scope);
  const names: (string | null)[] = new Array(ts.isObjectBindingPattern(pattern) ? members.length : 0).fill(null);
  const inner: Stmt[] = [];
  for (const { index, element } of places) {
    while (names.length <= index) names.push(null);
    if (ts.isIdentifier(element.name)) {
      const symbol = symbolOf(unit, element.name);
      if (symbol !== null) names[index] = scope.declare(symbol, { mutable, fixed: null }).name;
    } else {
      const name = scope.names.unique("parts");
      names[index] = name;
      const part: Expr = isPoison(value) ? value : { kind: "ref", name, type: UNKNOWN, span: unit.span(element) };
      const below = ts.isObjectBindingPattern(element.name) ? memberNamesOfPattern(element.name, scope) : [];
      inner.push(...take(element.name, part, below, mutable, scope, element));
    }
  }
  if (isPoison(value)) {
    const assigned = names.filter((name): name is string => name !== null);
    return assigned.map((name) => ({ kind: "assign", name, value, declares: true, span: unit.span(node) }));
  }
  return [{ kind: "unpack", names, value, declares: true, span: unit.span(node) }, ...inner];
}

function placesOf(pattern: ts.BindingPattern, members: readonly string[], scope: Scope): readonly Place[] {
  const { unit } = scope;
  if (ts.isObjectBindingPattern(pattern) && members.length === 0) {
    const names = pattern.elements.map(({ name }) => name.getText()).join(", ");
    const instead = `what has no names is taken apart by its order: [${names}]`;
    unit.report(notATuple(unit.span(pattern), { name: names, instead }));
    unit.poisoned.add(pattern.parent);
    declareBroken(pattern, scope);
    return [];
  }
  return pattern.elements.flatMap((element, position): readonly Place[] => {
    if (ts.isOmittedExpression(element)) return [];
    const what = element.dotDotDotToken ? "a rest element" : element.initializer ? "a default value" : null;
    if (what !== null) unit.report(badPattern(unit.span(element), { what }));
    if (element.dotDotDotToken) {
      declareBroken(element.name, scope);
      return [];
    }
    if (ts.isArrayBindingPattern(pattern)) return [{ index: position, element }];
    const key = element.propertyName ?? element.name;
    const index = ts.isIdentifier(key) || ts.isStringLiteral(key) ? members.indexOf(key.text) : -1;
    if (index < 0) {
      const instead = `there are ${members.join(", ")}`;
      unit.report(notATuple(unit.span(element), { name: key.getText(), instead }));
      unit.poisoned.add(pattern.parent);
      declareBroken(element.name, scope);
      return [];
    }
    return [{ index, element }];
  });
}

const everyPlace = (pattern: ts.BindingPattern): readonly Place[] =>
  pattern.elements.flatMap((element, index) => (ts.isOmittedExpression(element) ? [] : [{ index, element }]));

/** A pattern inside a pattern has no expression of its own: tsc knows the type of what it takes apart. */
function memberNamesOfPattern(pattern: ts.ObjectBindingPattern, scope: Scope): readonly string[] {
  return memberNames(pattern as unknown as ts.Expression, scope);
}

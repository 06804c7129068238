import { unknownLength } from "../../diagnostics/catalogue/frontend.js";
import { type Expr, LIMITS, LimitExceeded, type Stmt } from "../../ir/index.js";
import { listOf } from "../bindings.js";
import { lowerExpression } from "../expressions/index.js";
import { element } from "../expressions/members.js";
import { boundValue } from "../expressions/names.js";
import { fixedInteger, fixedValue, localBinding } from "../fixed.js";
import { forgetInside } from "../functions/index.js";
import { resolveCallee, symbolOf, unwrapped } from "../names.js";
import { isPoison, poison } from "../poison.js";
import type { Scope, Variable } from "../scope.js";
import { int } from "../static/value.js";
import { memberOf, written } from "../syntax.js";
import { ts } from "../typescript.mjs";
import type { Unit } from "../unit.js";
import { declareBroken } from "./broken.js";
import { bindFixed } from "./declarations.js";

/**
 * `const acc = [a, b]` whose elements the function assigns, and `Array.from({ length: N }, …)` whose are not known: a variable for each. Null for every
 * other declaration.
 */
export function declareList(name: ts.Identifier, initializer: ts.Expression, scope: Scope): readonly Stmt[] | null {
  const symbol = symbolOf(scope.unit, name);
  if (symbol === null) return null;
  const [made, mutable] = [unwrapped(initializer), changedLists(scope.node, scope.unit).has(symbol)];
  if (!mutable && (!ts.isCallExpression(made) || fixedValue(made, scope) !== null)) return null;
  const elements = mutable ? elementsOf(made, scope) : counted(made as ts.CallExpression, scope);
  if (elements === null) return null;
  if (elements === "broken") {
    declareBroken(name, scope);
    return [];
  }
  const statements: Stmt[] = [];
  const variables = elements.map((lower, index): Variable => {
    const value = lower();
    const own = scope.names.unique(`${name.text}_${index}`);
    statements.push({ kind: "assign", name: own, value, declares: true, span: value.span });
    return { kind: "variable", name: own, owner: scope, mutable, fixed: null, broken: isPoison(value) };
  });
  scope.bindings.set(symbol, listOf(variables));
  return statements;
}

/** The lists whose elements a function assigns: `acc[i] += x`. */
function changedLists(node: ts.Node, unit: Unit): ReadonlySet<ts.Symbol> {
  const known = unit.changedLists.get(node);
  if (known !== undefined) return known;
  const found = new Set<ts.Symbol>();
  const target = (one: ts.Expression): void => {
    const place = unwrapped(one);
    if (ts.isArrayLiteralExpression(place)) for (const part of place.elements) target(part);
    if (!ts.isElementAccessExpression(place)) return;
    const symbol = symbolOf(unit, unwrapped(place.expression));
    if (symbol !== null) found.add(symbol);
  };
  const visit = (one: ts.Node): void => {
    const place = written(one);
    if (place) target(place);
    ts.forEachChild(one, visit);
  };
  visit(node);
  unit.changedLists.set(node, found);
  return found;
}

type Makers = readonly (() => Expr)[];

/** What makes each element, in order; null for what is no list that is written out, and "broken" after a problem. */
function elementsOf(node: ts.Expression, scope: Scope): Makers | "broken" | null {
  if (ts.isArrayLiteralExpression(node))
    return node.elements.flatMap((one) =>
      ts.isSpreadElement(one) ? spread(one.expression, scope) : [() => lowerExpression(one, scope)],
    );
  return ts.isCallExpression(node) ? counted(node, scope) : null;
}

/** The elements of `...list`, whose number is known: of a list, or of what a function gave back. */
function spread(node: ts.Expression, scope: Scope): Makers {
  const binding = localBinding(node, scope);
  if (binding?.kind === "members")
    return binding.names.map((name) => () => boundValue(binding.field(name)!, node, scope));
  const { checker } = scope.unit;
  const type = checker.getTypeAtLocation(node);
  if (!checker.isTupleType(type)) {
    scope.unit.report(unknownLength(scope.unit.span(node), { name: node.getText() }));
    return [() => poison(node, scope)];
  }
  const count = checker.getTypeArguments(type as ts.TypeReference).length;
  return Array.from({ length: count }, (_, index) => () => element(lowerExpression(node, scope), index, node, scope));
}

/** `Array.from({ length: N }, (_, i) => …)`, whose length is known. */
function counted(node: ts.CallExpression, scope: Scope): Makers | "broken" | null {
  const named = resolveCallee(scope.unit, node);
  const [of, make] = node.arguments.map(unwrapped);
  if (named.kind !== "global" || named.path !== "Array.from" || !of || !make) return null;
  const [length, ...others] = ts.isObjectLiteralExpression(of) ? of.properties.map(memberOf) : [];
  if (length?.key.text !== "length" || others.length > 0) return null;
  if (!ts.isArrowFunction(make) || ts.isBlock(make.body)) return null;
  const count = fixedInteger(length.value, scope, "the length of a list");
  if (count === null) return "broken";
  if (count > LIMITS.elements) throw new LimitExceeded("elements", scope.unit.span(node));
  const body = make.body;
  const place = make.parameters[1]?.name;
  return Array.from({ length: count }, (_, index) => () => {
    if (place !== undefined) bindFixed(place, int(index), scope);
    const value = lowerExpression(body, scope);
    forgetInside(make, scope.kernel);
    return value;
  });
}

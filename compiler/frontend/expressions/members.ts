import { notATuple, outsideList, unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import { closest } from "../../diagnostics/index.js";
import { type Expr, type Stmt, UNKNOWN } from "../../ir/index.js";
import { anyOp, isImpure } from "../../ops/index.js";
import { isListBinding } from "../bindings.js";
import { fixedInteger, fixedValue, localBinding } from "../fixed.js";
import { missingName, resolveName, symbolOf, unwrapped } from "../names.js";
import { isPoison, poison } from "../poison.js";
import type { Binding, Scope } from "../scope.js";
import { memberOf } from "../syntax.js";
import { ts } from "../typescript.mjs";
import { MEMBERS as ELSEWHERE, insteadOfGlobal } from "./advice.js";
import { lowerExpression } from "./index.js";
import { integerLiteral, staticLiteral } from "./literals.js";
import { boundValue } from "./names.js";
import type { ExpressionRules } from "./rule.js";

/** The names of an object's members in the order of its tuple in the IR: sorted, so that `{ a, b }` and `{ b, a }` are one type. */
export function memberNames(node: ts.Expression, scope: Scope): readonly string[] {
  const { checker } = scope.unit;
  const type = checker.getTypeAtLocation(node);
  if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.UnionOrIntersection))) return [];
  if (checker.isTupleType(type) || checker.isArrayType(type)) return [];
  return checker
    .getPropertiesOfType(type)
    .filter((property) => !property.name.startsWith("__@") && !isMethodOfJavaScript(property, scope))
    .map((property) => property.name)
    .sort();
}

function isMethodOfJavaScript(property: ts.Symbol, scope: Scope): boolean {
  const declaration = property.valueDeclaration;
  return declaration !== undefined && scope.unit.program.isSourceFileDefaultLibrary(declaration.getSourceFile());
}

export const element = (of: Expr, index: number, node: ts.Node, scope: Scope): Expr =>
  isPoison(of) ? of : { kind: "element", of, index, type: UNKNOWN, span: scope.unit.span(node) };

const isBroken = (binding: Binding | null): boolean => binding?.kind === "variable" && binding.broken === true;

/** `p.x` of the kernel's parameters, `r.x` of what a function returned, or a constant such as `Math.PI`. */
function property(node: ts.PropertyAccessExpression, scope: Scope): Expr {
  const { unit } = scope;
  const name = node.name.text;
  const owner = localBinding(node.expression, scope);
  if (isListBinding(owner) && name === "length") return integerLiteral(owner.names.length, node, scope);
  if (owner?.kind === "members") {
    const member = owner.field(name);
    return member === null ? unknownMember(node, name, scope) : boundValue(member, node, scope);
  }
  if (isBroken(owner)) return poison(node, scope);
  const value = fixedValue(node, scope);
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  if (reportOwner(node.expression, scope)) return poison(node, scope);
  const named = resolveName(unit, node.name);
  if (named.kind === "global" && owner === null && ts.isIdentifier(unwrapped(node.expression))) {
    const instead = insteadOfGlobal(named.path);
    unit.report(unsupportedSyntax(unit.span(node), { what: named.path, instead }));
    return poison(node, scope);
  }
  const index = memberNames(node.expression, scope).indexOf(name);
  const isThis = unwrapped(node.expression).kind === ts.SyntaxKind.ThisKeyword;
  if (index < 0 && !isThis) return unknownMember(node, name, scope);
  return element(lowerExpression(node.expression, scope), index, node, scope);
}

function unknownMember(node: ts.PropertyAccessExpression, name: string, scope: Scope): Expr {
  const { unit } = scope;
  const names = namesIn(node.expression, scope);
  const meant = closest(name, names);
  const instead = meant
    ? `did you mean ${meant}?`
    : names.length > 0
      ? `there are ${names.join(", ")}`
      : ELSEWHERE[name];
  const of = names.length > 0 ? node.expression.getText() : undefined;
  unit.report(notATuple(unit.span(node.name), { name, of, instead }));
  return poison(node, scope);
}

/** The members that an object, an enum or a module has; none of a tile. */
function namesIn(node: ts.Expression, scope: Scope): readonly string[] {
  const owner = localBinding(node, scope);
  if (owner?.kind === "members") return owner.names;
  const fixed = fixedValue(node, scope);
  if (fixed?.kind === "record") return [...fixed.fields.keys()];
  const symbol = symbolOf(scope.unit, unwrapped(node));
  if (symbol !== null && symbol.flags & (ts.SymbolFlags.Enum | ts.SymbolFlags.Module))
    return scope.unit.checker.getExportsOfModule(symbol).map(({ name }) => name);
  return memberNames(node, scope);
}

/** Reports what is wrong with the name that `a.b` or `a[0]` begins with, where that is why it has no value; false where it is not. */
export function reportOwner(node: ts.Expression, scope: Scope): boolean {
  const inner = unwrapped(node);
  if (ts.isPropertyAccessExpression(inner) || ts.isElementAccessExpression(inner))
    return reportOwner(inner.expression, scope);
  if (!ts.isIdentifier(inner)) return false;
  const { unit } = scope;
  const symbol = symbolOf(unit, inner);
  if (symbol === null) unit.report(missingName(unit, inner));
  else if (scope.find(symbol) !== null || fixedValue(inner, scope) !== null) return false;
  else {
    const { valueDeclaration } = symbol;
    if (valueDeclaration === undefined || !ts.isVariableDeclaration(valueDeclaration)) return false;
    if (resolveName(unit, inner).kind !== "symbol") return false;
    lowerExpression(inner, scope);
  }
  return true;
}

/** `t[0]` of what a function returned, or of a list of constants. */
function item(node: ts.ElementAccessExpression, scope: Scope): Expr {
  const { unit } = scope;
  if (isBroken(localBinding(node.expression, scope))) return poison(node, scope);
  const bound = localBinding(node, scope);
  if (bound !== null) return boundValue(bound, node, scope);
  const value = fixedValue(node, scope);
  const literal = value === null ? null : staticLiteral(value, node, scope);
  if (literal !== null) return literal;
  const owner = localBinding(node.expression, scope);
  const place = isListBinding(owner) ? fixedInteger(node.argumentExpression, scope, "the index of a list") : null;
  if (isListBinding(owner)) {
    const facts = { list: node.expression.getText(), count: owner.names.length };
    if (place !== null) unit.report(outsideList(unit.span(node), facts));
    return poison(node, scope);
  }
  if (reportOwner(node.expression, scope)) return poison(node, scope);
  const list = value?.kind === "missing" ? fixedValue(node.expression, scope) : null;
  if (list?.kind === "list") {
    unit.report(outsideList(unit.span(node), { list: node.expression.getText(), count: list.items.length }));
    return poison(node, scope);
  }
  const { checker } = unit;
  const type = checker.getTypeAtLocation(node.expression);
  if (!checker.isTupleType(type) && !checker.isArrayType(type)) {
    const of = unwrapped(node.expression);
    if (ts.isPropertyAccessExpression(of) && isPoison(lowerExpression(of, scope))) return poison(node, scope);
    unit.report(
      unsupportedSyntax(unit.span(node), {
        what: "indexing a tile",
        instead: "load(pointer + index) reads memory; sum(where(…)) picks an element",
      }),
    );
    return poison(node, scope);
  }
  const index = fixedInteger(node.argumentExpression, scope, "the index of a list");
  return index === null ? poison(node, scope) : element(lowerExpression(node.expression, scope), index, node, scope);
}

/** `[a, b]`: what a device function returns, and the right side of `[a, b] = [b, a]`. */
export function list(node: ts.ArrayLiteralExpression, scope: Scope): Expr {
  const items = node.elements.map((one) => lowerExpression(one, scope));
  return { kind: "tuple", items, type: UNKNOWN, span: scope.unit.span(node) };
}

/** `{ x, y }` as a tuple with its names in the type, sorted. */
export function record(node: ts.ObjectLiteralExpression, scope: Scope): Expr {
  const { before } = scope;
  scope.before = null;
  const members = membersOf(node, scope, before);
  if (members === null) return poison(node, scope);
  const names = [...members.keys()].sort();
  const items = names.map((name) => members.get(name)!);
  const type = { kind: "tuple", items: names.map(() => UNKNOWN), names } as const;
  return { kind: "tuple", items, type, span: scope.unit.span(node) };
}

type Members = ReadonlyMap<string, Expr>;

/** Of two members of one name the later one counts, as in JavaScript. Null after a problem. */
function membersOf(node: ts.ObjectLiteralExpression, scope: Scope, before: Stmt[] | null): Members | null {
  const { unit } = scope;
  const members = new Map<string, Expr>();
  for (const member of node.properties) {
    if (ts.isSpreadAssignment(member)) {
      const spread = spreadMembers(unwrapped(member.expression), members, scope, before);
      if (spread === null) return null;
      for (const [name, value] of spread) members.set(name, value);
      continue;
    }
    const plain = memberOf(member);
    if (plain === null) {
      const what = "a method or a computed name in an object";
      unit.report(unsupportedSyntax(unit.span(member), { what, instead: "write every member: { x: a, y: b }" }));
      return null;
    }
    members.set(plain.key.text, lowerExpression(plain.value, scope));
  }
  return members;
}

/** What `{ ...value }` brings: the members of a literal, of the kernel's parameters, of a constant, or of a value that has a name. */
function spreadMembers(
  node: ts.Expression,
  earlier: Map<string, Expr>,
  scope: Scope,
  before: Stmt[] | null,
): Members | null {
  if (ts.isObjectLiteralExpression(node)) return membersOf(node, scope, null);
  const { unit } = scope;
  const names = memberNames(node, scope);
  const owner = localBinding(node, scope);
  if (owner?.kind === "members")
    return new Map(owner.names.map((name) => [name, boundValue(owner.field(name)!, node, scope)]));
  const fixed = fixedValue(node, scope);
  if (fixed?.kind === "record") {
    const literals = [...fixed.fields].map(([name, value]) => [name, staticLiteral(value, node, scope)] as const);
    if (literals.every((entry): entry is readonly [string, Expr] => entry[1] !== null)) return new Map(literals);
  } else if (names.length > 0 && isNamed(node)) {
    const of = lowerExpression(node, scope);
    return new Map(names.map((name, index) => [name, element(of, index, node, scope)]));
  }
  if (names.length > 0 && before !== null) {
    // Before the statement, and so is what the author has written before the call and what may depend on the order.
    for (const [name, value] of earlier) if (anyOp(value, isImpure)) earlier.set(name, named(value, before, scope));
    const value = lowerExpression(node, scope);
    if (isPoison(value)) return null;
    const of = named(value, before, scope);
    return new Map(names.map((name, index) => [name, element(of, index, node, scope)]));
  }
  const instead =
    names.length > 0 && !isNamed(node)
      ? "give it a name first: const part = …; { ...part }"
      : "write every member: { x: a, y: b }";
  unit.report(unsupportedSyntax(unit.span(node), { what: `...${node.getText()} in an object`, instead }));
  return null;
}

/** The value under a name of its own, so that it is computed once. */
function named(value: Expr, before: Stmt[], scope: Scope): Expr {
  const name = scope.names.unique("part");
  before.push({ kind: "assign", name, value, declares: true, span: value.span });
  return { kind: "ref", name, type: UNKNOWN, span: value.span };
}

/** Whether an expression is evaluated as often as one likes. */
const isNamed = (node: ts.Expression): boolean =>
  ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node) && isNamed(unwrapped(node.expression)));

export const MEMBERS: ExpressionRules = {
  [ts.SyntaxKind.PropertyAccessExpression]: property,
  [ts.SyntaxKind.ElementAccessExpression]: item,
  [ts.SyntaxKind.ArrayLiteralExpression]: list,
  [ts.SyntaxKind.ObjectLiteralExpression]: record,
};

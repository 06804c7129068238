import { unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import { type Stmt, type Type, UNASSIGNED, UNKNOWN } from "../../ir/index.js";
import { type Given, objectOf } from "../arguments.js";
import { bindingOf, constantBinding, isFunctionValue, isListBinding, membersOf } from "../bindings.js";
import { decideGiven } from "../expressions/presence.js";
import { fixedValue, localBinding, openConstants } from "../fixed.js";
import { writtenType } from "../flavors.js";
import { isMissing } from "../given.js";
import { symbolOf } from "../names.js";
import { isPoison } from "../poison.js";
import type { Binding, Members, Scope } from "../scope.js";
import { takeApart } from "../static/patterns.js";
import type { Static } from "../static/value.js";
import { ts } from "../typescript.mjs";
import { declareBroken } from "./broken.js";
import { declareList } from "./lists.js";
import { unpack } from "./patterns.js";
import type { StatementRules } from "./rule.js";
import { lowerWhole } from "./whole.js";

function variables(node: ts.VariableStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const list = node.declarationList;
  if (!(list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Let)) || list.flags & ts.NodeFlags.Using) {
    const what = list.flags & ts.NodeFlags.Using ? "using" : "var";
    unit.report(unsupportedSyntax(unit.span(node), { what, instead: "use let or const" }));
  }
  return list.declarations.flatMap((declaration) => variable(declaration, scope));
}

function variable(node: ts.VariableDeclaration, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  if (node.initializer === undefined) {
    const symbol = symbolOf(unit, node.name);
    if (symbol === null) return [];
    const { name } = scope.declare(symbol, { mutable: true, fixed: null });
    const span = unit.span(node);
    const value = { kind: "op", op: UNASSIGNED, args: {}, attrs: {}, type: UNKNOWN, span } as const;
    return [{ kind: "assign", name, value, declares: true, span }];
  }
  const mutable = (node.parent.flags & ts.NodeFlags.Const) === 0;
  const list = ts.isIdentifier(node.name) ? declareList(node.name, node.initializer, scope) : null;
  if (list !== null) return list;
  if (!mutable) {
    const local = localBinding(node.initializer, scope);
    const binding = local?.kind === "members" ? local : bindingOf(node.initializer, scope);
    // What a pattern takes of a list stays as it is when the list changes.
    if (isListBinding(binding) && !ts.isIdentifier(node.name))
      return unpack(node.name, node.initializer, mutable, scope, node);
    if ((binding === local || isFunctionValue(binding)) && !isNewVariable(binding))
      if (binding !== null && bindName(node.name, binding, scope)) return [];
    const object = ts.isIdentifier(node.name) ? objectOf(node.initializer, scope) : null;
    if (object !== null) return declareObject(node.name as ts.Identifier, object, scope);
  }
  if (!ts.isIdentifier(node.name)) {
    const fixed = mutable ? null : fixedValue(node.initializer, scope);
    if (fixed !== null && bindFixed(node.name, fixed, scope)) return [];
    return unpack(node.name, node.initializer, mutable, scope, node);
  }
  return single(node, node.name, node.initializer, mutable, scope);
}

/** Whether a constant that is given it has a value of its own; an optional parameter keeps being one by any name. */
const isNewVariable = (binding: Binding | null): boolean =>
  binding?.kind === "variable" && binding.optional === undefined && !isMissing(binding);

function single(
  node: ts.VariableDeclaration,
  name: ts.Identifier,
  initializer: ts.Expression,
  mutable: boolean,
  scope: Scope,
): readonly Stmt[] {
  const { unit } = scope;
  const symbol = symbolOf(unit, name);
  const fixed = mutable ? null : fixedValue(initializer, scope);
  if (fixed !== null && existsOnlyAtCompileTime(fixed)) {
    if (symbol !== null) scope.declare(symbol, { mutable, fixed, absent: true });
    return [];
  }
  const { before, value } = lowerWhole(initializer, scope);
  const broken = isPoison(value) && (!mutable || isFunctionValue(bindingOf(initializer, scope)));
  // What a text decides has a value only once that is known.
  const open = mutable || fixed !== null ? [] : openConstants(initializer, scope);
  const facts = { mutable, fixed, broken, ...(open.length > 0 && { decidedBy: open }) };
  const variable = symbol === null ? null : scope.declare(symbol, facts);
  if (variable === null) return [];
  const annotation = node.type === undefined || isPoison(value) ? undefined : annotated(node.type, scope);
  return [
    ...before,
    {
      kind: "assign",
      name: variable.name,
      value,
      declares: true,
      ...(annotation === undefined ? {} : { annotation }),
      span: unit.span(node),
    },
  ];
}

/** Gives the names of a pattern their parts of a value that is known; false where they do not fit it. */
export const bindFixed = (name: ts.BindingName, value: Static, scope: Scope): boolean =>
  takeApart(name, value, (one, fixed) => {
    const symbol = symbolOf(scope.unit, one);
    if (symbol !== null) scope.declare(symbol, { mutable: false, fixed, absent: true });
    return true;
  });

function annotated(node: ts.TypeNode, scope: Scope): Type | undefined {
  const { unit, kernel } = scope;
  const type = writtenType(unit, unit.checker.getTypeFromTypeNode(node), kernel.dtypes);
  return type.kind === "unknown" ? undefined : type;
}

const existsOnlyAtCompileTime = (value: Static): boolean =>
  value.kind === "list" || value.kind === "record" || value.kind === "string" || value.kind === "function";

/** `const o = { f: (x) => …, n: x + 1 }`: a variable for each member that is a value. */
function declareObject(name: ts.Identifier, given: Given, scope: Scope): readonly Stmt[] {
  const statements: Stmt[] = [];
  const declared = (one: Given, path: string): Binding => {
    if (one.kind === "known") return one.binding;
    if (one.kind === "object")
      return membersOf(new Map([...one.fields].map(([key, field]) => [key, declared(field, `${path}_${key}`)])));
    const value = one.lower();
    const own = scope.names.unique(path);
    statements.push({ kind: "assign", name: own, value, declares: true, span: value.span });
    return { kind: "variable", name: own, owner: scope, mutable: false, fixed: null, broken: isPoison(value) };
  };
  const binding = declared(given, name.text);
  bindName(name, binding, scope);
  return statements;
}

/** Gives a name, or the names of a pattern, what is known as the kernel is compiled; false where they do not fit it. */
export function bindName(name: ts.BindingName, binding: Binding, scope: Scope): boolean {
  if (ts.isIdentifier(name)) {
    const symbol = symbolOf(scope.unit, name);
    if (symbol !== null) scope.bindings.set(symbol, binding);
    return true;
  }
  if (binding.kind === "variable" && binding.fixed !== null) return bindFixed(name, binding.fixed, scope);
  if (binding.kind !== "members") return false;
  bindMembers(name, binding, scope);
  return true;
}

/** What a pattern gives a name: the default where a call or a launch leaves the member out; null where there is no such thing. */
function withDefault(member: Binding, initializer: ts.Expression | undefined, scope: Scope): Binding | null {
  if (initializer === undefined) return member;
  if (member.kind !== "variable") return null;
  if (member.optional !== undefined) decideGiven(member);
  const isOptional = member.decidedBy !== undefined || isMissing(member);
  if (!isMissing(member)) return isOptional ? member : null;
  const fixed = fixedValue(initializer, scope);
  return fixed === null ? null : constantBinding(fixed, scope);
}

/** Binds the names of a pattern to members of an object. */
export function bindMembers(name: ts.BindingPattern, members: Members, scope: Scope): void {
  const { unit } = scope;
  for (const [index, element] of name.elements.entries()) {
    if (ts.isOmittedExpression(element)) continue;
    const named = element.propertyName ?? element.name;
    const key = ts.isArrayBindingPattern(name) ? String(index) : ts.isIdentifier(named) ? named.text : null;
    const member = key === null ? null : members.field(key);
    const bound = member === null || element.dotDotDotToken ? null : withDefault(member, element.initializer, scope);
    if (bound !== null && bindName(element.name, bound, scope)) continue;
    // The type of a parameter that launches may leave out is reported already.
    if (member?.kind !== "variable" || !member.broken) {
      const instead = element.initializer
        ? "only a parameter that a call or a launch may leave out has a default, a number that is known: { n = 1 }: { n?: Int }"
        : "take parameters by their names: ({ x, n }: { … }) => …";
      unit.report(unsupportedSyntax(unit.span(element), { what: "this pattern", instead }));
    }
    declareBroken(element.name, scope);
  }
}

export const DECLARATIONS: StatementRules = {
  [ts.SyntaxKind.VariableStatement]: variables,
  // A function is lowered where it is called; types leave nothing behind.
  [ts.SyntaxKind.FunctionDeclaration]: () => [],
  [ts.SyntaxKind.TypeAliasDeclaration]: () => [],
  [ts.SyntaxKind.InterfaceDeclaration]: () => [],
  [ts.SyntaxKind.EmptyStatement]: () => [],
};

import { hasEffect, OPS } from "../ops/index.js";
import { decidedHere, localBinding } from "./fixed.js";
import { flavorOf, mayBeUndefined } from "./flavors.js";
import { resolveCallee, symbolOf, unwrapped } from "./names.js";
import type { Scope, Variable } from "./scope.js";
import { someChild } from "./syntax.js";
import { ts } from "./typescript.mjs";

/** An optional parameter that the call being lowered leaves out. */
export const isMissing = ({ fixed }: Variable): boolean => fixed?.kind === "missing";

export const isUndefined = (node: ts.Expression): boolean => ts.isIdentifier(node) && node.text === "undefined";

/** Whether a name of a kernel has a value, which only an optional parameter may lack; null for all that is no name. */
export function isGiven(node: ts.Expression, scope: Scope): boolean | null {
  const inner = unwrapped(node);
  if (isUndefined(inner)) return false;
  const binding = localBinding(inner, scope);
  // A member of an object whose members are all known.
  if (
    binding === null &&
    ts.isPropertyAccessExpression(inner) &&
    localBinding(inner.expression, scope)?.kind === "members"
  )
    return false;
  if (binding?.kind === "variable" && binding.optional !== undefined) return null;
  return binding === null ? null : binding.kind !== "variable" || !isMissing(binding);
}

/** Whether there is a function, `f ? f(x) : x`, or an optional pointer. */
function isThere(node: ts.Expression, scope: Scope): boolean | null {
  const given = isGiven(node, scope);
  if (given === false) return false;
  const binding = localBinding(node, scope);
  if (binding?.kind === "variable") return given && isOptionalAddress(node, scope) ? true : null;
  return binding === null ? null : true;
}

/** Whether a pointer or a descriptor is declared as one that may be left out. */
function isOptionalAddress(node: ts.Expression, { unit }: Scope): boolean {
  const symbol = symbolOf(unit, ts.isPropertyAccessExpression(node) ? node.name : node);
  const type = symbol && unit.checker.getTypeOfSymbol(symbol);
  if (!type || !mayBeUndefined(type)) return false;
  const { kind } = flavorOf(unit, unit.checker.getNonNullableType(type));
  return kind === "pointer" || kind === "descriptor";
}

/** Whether the operator is true of equal sides. */
export const EQUAL: Readonly<Partial<Record<ts.SyntaxKind, boolean>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: true,
  [ts.SyntaxKind.EqualsEqualsToken]: true,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: false,
  [ts.SyntaxKind.ExclamationEqualsToken]: false,
};

/** What a condition is that asks which optional parameters were given, or for constants that are known here; null for every other one. */
export const decided = (node: ts.Expression, scope: Scope): boolean | null =>
  decidedByGiven(node, scope) ?? decidedHere(node, scope);

export function decidedByGiven(node: ts.Expression, scope: Scope): boolean | null {
  const inner = unwrapped(node);
  if (ts.isPrefixUnaryExpression(inner) && inner.operator === ts.SyntaxKind.ExclamationToken) {
    const known = decided(inner.operand, scope);
    return known === null ? null : !known;
  }
  if (!ts.isBinaryExpression(inner)) return isThere(inner, scope);
  const { left, operatorToken, right } = inner;
  const isAnd = operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken;
  if (isAnd || operatorToken.kind === ts.SyntaxKind.BarBarToken) {
    const known = decided(left, scope);
    if (known !== null) return known === isAnd ? decided(right, scope) : known;
    const other = decidedByGiven(right, scope);
    return other === !isAnd && !mayAct(left, scope) ? other : null;
  }
  const equal = EQUAL[operatorToken.kind];
  const asked = isUndefined(right) ? left : isUndefined(left) ? right : null;
  const given = equal === undefined || asked === null ? null : isGiven(asked, scope);
  return given === null ? null : given !== equal;
}

/** What calling does something: functions of the language by name. */
const acting = (): ReadonlySet<string> =>
  (names ??= new Set(
    [...OPS.values()].filter(hasEffect).flatMap(({ name, called }) => Object.keys(called ?? { [name]: {} })),
  ));
let names: ReadonlySet<string> | undefined;

/** Whether evaluating an expression may do something that must not be left out. */
function mayAct(node: ts.Node, scope: Scope): boolean {
  const named = ts.isCallExpression(node) ? resolveCallee(scope.unit, node) : null;
  const acts = named !== null && (named.kind !== "language" || acting().has(named.name));
  return acts || someChild(node, (one) => mayAct(one, scope));
}

import { decidedHere, localBinding } from "./fixed.js";
import { unwrapped } from "./names.js";
import type { Scope, Variable } from "./scope.js";
import { ts } from "./typescript.mjs";

/** An optional parameter that the call being lowered leaves out. */
export const isMissing = ({ fixed }: Variable): boolean => fixed?.kind === "missing";

const isUndefined = (node: ts.Expression): boolean => ts.isIdentifier(node) && node.text === "undefined";

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
  return binding === null ? null : binding.kind !== "variable" || !isMissing(binding);
}

/** Whether there is a function: `f ? f(x) : x`. */
function isThere(node: ts.Expression, scope: Scope): boolean | null {
  if (isGiven(node, scope) === false) return false;
  const kind = localBinding(node, scope)?.kind;
  return kind === undefined || kind === "variable" ? null : true;
}

const EQUAL: Readonly<Partial<Record<ts.SyntaxKind, boolean>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: true,
  [ts.SyntaxKind.EqualsEqualsToken]: true,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: false,
  [ts.SyntaxKind.ExclamationEqualsToken]: false,
};

/** What a condition is that asks which optional parameters were given, or for constants that are known here; null for every other one. */
export const decided = (node: ts.Expression, scope: Scope): boolean | null =>
  decidedByGiven(node, scope) ?? decidedHere(node, scope);

function decidedByGiven(node: ts.Expression, scope: Scope): boolean | null {
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
    return known === isAnd ? decided(right, scope) : known;
  }
  const equal = EQUAL[operatorToken.kind];
  const asked = isUndefined(right) ? left : isUndefined(left) ? right : null;
  const given = equal === undefined || asked === null ? null : isGiven(asked, scope);
  return given === null ? null : given !== equal;
}

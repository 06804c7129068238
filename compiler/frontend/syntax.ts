import { ts } from "./typescript.mjs";

/** Whether a test holds for a node that stands directly in this one. */
export const someChild = (node: ts.Node, test: (child: ts.Node) => boolean): boolean =>
  ts.forEachChild(node, (child) => test(child) || undefined) ?? false;

/** `=`, `+=` and their kin. */
const isAssignment = ({ kind }: ts.Node): boolean =>
  kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** What an assignment or a step writes: its left side or its operand; undefined for every other node. */
export function written(node: ts.Node): ts.Expression | undefined {
  if (ts.isBinaryExpression(node)) return isAssignment(node.operatorToken) ? node.left : undefined;
  if (ts.isPostfixUnaryExpression(node)) return node.operand;
  if (!ts.isPrefixUnaryExpression(node)) return undefined;
  const { operator, operand } = node;
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken ? operand : undefined;
}

/** A member of an object that is written as `name: value` or `name`; null for every other. */
export function memberOf(
  node: ts.ObjectLiteralElementLike,
): { readonly key: MemberName; readonly value: ts.Expression } | null {
  const value = ts.isPropertyAssignment(node)
    ? node.initializer
    : ts.isShorthandPropertyAssignment(node)
      ? node.name
      : null;
  const key = node.name;
  return value === null || key === undefined || ts.isComputedPropertyName(key) ? null : { key, value };
}

type MemberName = Exclude<ts.PropertyName, ts.ComputedPropertyName>;

import { symbolOf } from "./names.js";
import { ts } from "./typescript.mjs";
import type { Unit } from "./unit.js";

/** What stands in for syntax that TypeScript does not have, by the word or sign at which tsc stops. */
const INSTEAD: Readonly<Record<string, string>> = {
  and: "write && for and",
  or: "write || for or",
  not: "write ! for not",
  is: "write === for is",
  "@": "write dot(a, b) for a matrix product; a kernel has no decorator: export const name = kernel(…)",
  ":": "a tile has no slices: col(x) and row(x) add an axis of size 1, expandDims(x, axis) any",
  def: "write const f = (x: number) => …",
  elif: "write else if",
  lambda: "write (x) => …",
  "=": "to write memory: store(pointer, value)",
  if: "write condition ? a : b",
};

/** A hint for a syntax error, by what stands there. */
export function insteadOfSyntax(file: ts.SourceFile, at: number): string | undefined {
  const word = /^\s*(\w+|\S)/.exec(file.text.slice(at))?.[1] ?? "";
  const before = /(\w+)\s*$/.exec(file.text.slice(Math.max(0, at - 40), at))?.[1] ?? "";
  return [word, before].map((one) => (Object.hasOwn(INSTEAD, one) ? INSTEAD[one] : undefined)).find(Boolean);
}

/** Hints for what tsc says of types. */
export function insteadOfTypes(unit: Unit, code: number, message: string, node: ts.Node): string | undefined {
  if (code === NEVER_EQUAL) return "NaN equals nothing, itself neither: isnan(x)";
  const isNothing = / \| undefined' is not assignable/.test(message);
  if (isNothing || code === POSSIBLY_UNDEFINED) {
    const name = ts.isPropertyAccessExpression(node) ? node.name : node;
    const declared = ts.isIdentifier(name) ? symbolOf(unit, name)?.valueDeclaration : undefined;
    if (declared && !ts.isVariableDeclaration(declared))
      return `ask first, which is settled as the kernel is built: if (${node.getText()} !== undefined) …`;
  }
  if (isNothing) return "give it a value in every branch, or where it is declared";
  const operation = ts.findAncestor(node, ts.isBinaryExpression);
  if (operation === undefined) return undefined;
  const compares = (one: ts.Expression): boolean =>
    ts.isParenthesizedExpression(one)
      ? compares(one.expression)
      : ts.isBinaryExpression(one) && COMPARISONS.has(one.operatorToken.kind);
  if (code === MIXED && COMPARISONS.has(operation.operatorToken.kind) && compares(operation.left))
    return "compare twice: a < b && b < c";
  return ARITHMETIC.has(code) || (code === MIXED && /boolean|Mask/.test(message)) ? AS_NUMBER : undefined;
}

/** "This condition will always return 'false'." */
const NEVER_EQUAL = 2845;
const POSSIBLY_UNDEFINED = 18048;
const MIXED = 2365;
const ARITHMETIC = new Set([2362, 2363]);
const AS_NUMBER = 'where(mask, value, 0) picks by a mask; to(mask, "i32") makes numbers of it';
const COMPARISONS = new Set<ts.SyntaxKind>([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
]);

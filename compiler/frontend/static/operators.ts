import {
  COMPARE_DIMS,
  type Dim,
  dimAdd,
  dimAnd,
  dimChoose,
  dimMul,
  dimNot,
  dimOp,
  dimOr,
  dimSub,
} from "../../ir/index.js";
import { ts } from "../typescript.mjs";
import type { Evaluator, Rule } from "./evaluate.js";
import { bool, float, int, list, plainNumber, type Static, test, testOf, text } from "./value.js";

/** Operators on sizes, which may be symbolic. */
const ON_SIZES: Readonly<Partial<Record<ts.SyntaxKind, (a: Dim, b: Dim) => Dim>>> = {
  [ts.SyntaxKind.PlusToken]: dimAdd,
  [ts.SyntaxKind.MinusToken]: dimSub,
  [ts.SyntaxKind.AsteriskToken]: dimMul,
};

/** Operators on plain numbers, as JavaScript computes them. */
const ON_NUMBERS: Readonly<Partial<Record<ts.SyntaxKind, (a: number, b: number) => number>>> = {
  [ts.SyntaxKind.PlusToken]: (a, b) => a + b,
  [ts.SyntaxKind.MinusToken]: (a, b) => a - b,
  [ts.SyntaxKind.AsteriskToken]: (a, b) => a * b,
  [ts.SyntaxKind.SlashToken]: (a, b) => a / b,
  [ts.SyntaxKind.PercentToken]: (a, b) => a % b,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (a, b) => a ** b,
  [ts.SyntaxKind.LessThanLessThanToken]: (a, b) => a << b,
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: (a, b) => a >> b,
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: (a, b) => a >>> b,
  [ts.SyntaxKind.AmpersandToken]: (a, b) => a & b,
  [ts.SyntaxKind.BarToken]: (a, b) => a | b,
  [ts.SyntaxKind.CaretToken]: (a, b) => a ^ b,
};

const COMPARISONS: Readonly<Partial<Record<ts.SyntaxKind, (a: number, b: number) => boolean>>> = {
  [ts.SyntaxKind.LessThanToken]: (a, b) => a < b,
  [ts.SyntaxKind.LessThanEqualsToken]: (a, b) => a <= b,
  [ts.SyntaxKind.GreaterThanToken]: (a, b) => a > b,
  [ts.SyntaxKind.GreaterThanEqualsToken]: (a, b) => a >= b,
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: (a, b) => a === b,
  [ts.SyntaxKind.EqualsEqualsToken]: (a, b) => a === b,
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: (a, b) => a !== b,
  [ts.SyntaxKind.ExclamationEqualsToken]: (a, b) => a !== b,
};

/** The same of sizes that `Const` parameters decide. */
const ON_TESTS: Readonly<Partial<Record<ts.SyntaxKind, (a: Dim, b: Dim) => Dim>>> = {
  [ts.SyntaxKind.LessThanToken]: COMPARE_DIMS["<"],
  [ts.SyntaxKind.LessThanEqualsToken]: COMPARE_DIMS["<="],
  [ts.SyntaxKind.GreaterThanToken]: COMPARE_DIMS[">"],
  [ts.SyntaxKind.GreaterThanEqualsToken]: COMPARE_DIMS[">="],
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: COMPARE_DIMS["=="],
  [ts.SyntaxKind.EqualsEqualsToken]: COMPARE_DIMS["=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: COMPARE_DIMS["!="],
  [ts.SyntaxKind.ExclamationEqualsToken]: COMPARE_DIMS["!="],
};

function binary(node: ts.BinaryExpression, evaluator: Evaluator): Static | null {
  const operator = node.operatorToken.kind;
  const a = evaluator.evaluate(node.left);
  if (a === null) return null;
  if (a.kind === "bool" && operator === ts.SyntaxKind.AmpersandAmpersandToken && !a.value) return a;
  if (a.kind === "bool" && operator === ts.SyntaxKind.BarBarToken && a.value) return a;
  const b = evaluator.evaluate(node.right);
  if (b === null) return null;
  if (a.kind === "bool") {
    const logical = operator === ts.SyntaxKind.AmpersandAmpersandToken || operator === ts.SyntaxKind.BarBarToken;
    return logical ? b : null;
  }
  if (a.kind === "test") return ofTests(operator, a.value, testOf(b));
  if (a.kind === "string" && b.kind === "string") return ofTexts(operator, a.value, b.value);
  const onSizes = ON_SIZES[operator];
  if (a.kind === "int" && b.kind === "int" && onSizes !== undefined) return int(onSizes(a.value, b.value));
  if (a.kind === "int" && b.kind === "int" && operator === ts.SyntaxKind.PercentToken) {
    return int(dimOp("%", a.value, b.value));
  }
  const onTests = ON_TESTS[operator];
  const symbolic = a.kind === "int" && b.kind === "int" && (typeof a.value === "object" || typeof b.value === "object");
  if (symbolic && onTests !== undefined) return test(onTests(a.value, b.value));
  const x = plainNumber(a);
  const y = plainNumber(b);
  if (x === null || y === null) return null;
  const compare = COMPARISONS[operator];
  if (compare !== undefined) return bool(compare(x, y));
  const compute = ON_NUMBERS[operator];
  if (compute === undefined) return null;
  const value = compute(x, y);
  return a.kind === "int" && b.kind === "int" && Number.isInteger(value) ? int(value) : float(value);
}

function ofTests(operator: ts.SyntaxKind, a: Dim, b: Dim | null): Static | null {
  if (b === null) return null;
  if (operator === ts.SyntaxKind.AmpersandAmpersandToken) return test(dimAnd(a, b));
  return operator === ts.SyntaxKind.BarBarToken ? test(dimOr(a, b)) : null;
}

function ofTexts(operator: ts.SyntaxKind, a: string, b: string): Static | null {
  if (operator === ts.SyntaxKind.PlusToken) return text(a + b);
  if (operator === ts.SyntaxKind.EqualsEqualsEqualsToken) return bool(a === b);
  if (operator === ts.SyntaxKind.ExclamationEqualsEqualsToken) return bool(a !== b);
  return null;
}

function prefix(node: ts.PrefixUnaryExpression, evaluator: Evaluator): Static | null {
  const value = evaluator.evaluate(node.operand);
  if (node.operator === ts.SyntaxKind.MinusToken) {
    if (value?.kind === "int") return int(dimMul(-1, value.value));
    return value?.kind === "float" ? float(-value.value) : null;
  }
  if (node.operator === ts.SyntaxKind.PlusToken) return value?.kind === "int" || value?.kind === "float" ? value : null;
  if (node.operator === ts.SyntaxKind.ExclamationToken) {
    const asked = value && testOf(value);
    return asked === null ? null : test(dimNot(asked));
  }
  if (node.operator !== ts.SyntaxKind.TildeToken || value?.kind !== "int") return null;
  return typeof value.value === "number" ? int(~value.value) : null;
}

function conditional(node: ts.ConditionalExpression, evaluator: Evaluator): Static | null {
  const given = evaluator.environment.asks?.(node.condition) ?? null;
  const condition = given === null ? evaluator.evaluate(node.condition) : bool(given);
  if (condition?.kind === "bool") return evaluator.evaluate(condition.value ? node.whenTrue : node.whenFalse);
  // A name that the frontend does not know may be a boolean, or a number that is 0 or not.
  if (condition?.kind !== "test" && condition?.kind !== "int") return null;
  const [a, b] = [evaluator.evaluate(node.whenTrue), evaluator.evaluate(node.whenFalse)];
  return a && b && chosen(condition.value, a, b);
}

/** What a condition chooses that `Const` parameters decide: sizes, conditions, and lists of as many of them. */
function chosen(condition: Dim, a: Static, b: Static): Static | null {
  if (a.kind === "int" && b.kind === "int") return int(dimChoose(condition, a.value, b.value));
  if (a.kind === "list" && b.kind === "list" && a.items.length === b.items.length) {
    const items = a.items.map((item, index) => chosen(condition, item, b.items[index]!));
    return items.includes(null) ? null : list(items as readonly Static[]);
  }
  const [left, right] = [testOf(a), testOf(b)];
  return left === null || right === null ? null : test(dimChoose(condition, left, right));
}

export const OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, Rule>>> = {
  [ts.SyntaxKind.BinaryExpression]: binary,
  [ts.SyntaxKind.PrefixUnaryExpression]: prefix,
  [ts.SyntaxKind.ConditionalExpression]: conditional,
};

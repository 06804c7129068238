import { ts } from "ts-morph";
import { notARange, unsupportedSyntax, wrongArguments } from "../../diagnostics/catalogue/frontend.js";
import type { Expr, Stmt } from "../../ir/index.js";
import { lowerExpression } from "../expressions/index.js";
import { integerLiteral } from "../expressions/literals.js";
import { fixedFlag, fixedInteger } from "../fixed.js";
import { resolveName, symbolOf, unwrapped } from "../names.js";
import { isPoison, poison } from "../poison.js";
import type { Scope } from "../scope.js";
import { carried } from "./carried.js";
import { lowerBody } from "./index.js";
import type { StatementRules } from "./rule.js";

interface Bounds {
  readonly static: boolean;
  readonly start: Expr;
  readonly stop: Expr;
  readonly step: Expr;
  readonly options: Readonly<Record<string, number | boolean>>;
}

const OPTIONS = {
  numStages: fixedInteger,
  loopUnrollFactor: fixedInteger,
  flatten: fixedFlag,
  disallowAccMultiBuffer: fixedFlag,
} as const;

/** `for (const i of range(…)) { … }` */
function forOf(node: ts.ForOfStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const bounds = boundsOf(node.expression, scope);
  const symbol = loopVariable(node, scope);
  const variable = symbol === null ? null : scope.declare(symbol, { mutable: false, fixed: null });
  scope.loops++;
  const body = lowerBody(node.statement, scope);
  scope.loops--;
  if (bounds === null || variable === null) return body;
  return [{ kind: "for", variable: variable.name, ...bounds, body, carried: carried(body), span: unit.span(node) }];
}

function loopVariable(node: ts.ForOfStatement, scope: Scope): ts.Symbol | null {
  const { unit } = scope;
  const list = node.initializer;
  const name = ts.isVariableDeclarationList(list) ? list.declarations[0]?.name : undefined;
  if (name !== undefined && ts.isIdentifier(name) && node.awaitModifier === undefined) return symbolOf(unit, name);
  unit.report(
    unsupportedSyntax(unit.span(list), { what: "this loop variable", instead: "write for (const i of range(n))" }),
  );
  return null;
}

function boundsOf(node: ts.Expression, scope: Scope): Bounds | null {
  const { unit } = scope;
  const call = unwrapped(node);
  const callee = ts.isCallExpression(call) ? unwrapped(call.expression) : null;
  const place = callee === null ? null : ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  const named = place === null ? null : resolveName(unit, place);
  if (!ts.isCallExpression(call) || named?.kind !== "language" || !/^(range|staticRange)$/.test(named.name)) {
    unit.report(notARange(unit.span(node)));
    return null;
  }
  const last = call.arguments.at(-1);
  const withOptions = last !== undefined && ts.isObjectLiteralExpression(unwrapped(last));
  const numbers = withOptions ? call.arguments.slice(0, -1) : [...call.arguments];
  if (numbers.length < 1 || numbers.length > 3) {
    const expected = "(stop), (start, stop) or (start, stop, step)";
    unit.report(wrongArguments(unit.span(node), { name: named.name, expected, got: numbers.length }));
    return null;
  }
  const [first, second, third] = numbers.map((one) => lowerExpression(one, scope));
  return {
    static: named.name === "staticRange",
    start: second === undefined ? integerLiteral(0, call, scope) : first!,
    stop: second ?? first!,
    step: third ?? integerLiteral(1, call, scope),
    options: withOptions ? optionsOf(unwrapped(last) as ts.ObjectLiteralExpression, scope) : {},
  };
}

function optionsOf(node: ts.ObjectLiteralExpression, scope: Scope): Bounds["options"] {
  const options: Record<string, number | boolean> = {};
  for (const property of node.properties) {
    const key = property.name?.getText() as keyof typeof OPTIONS;
    const value = ts.isPropertyAssignment(property)
      ? property.initializer
      : ts.isShorthandPropertyAssignment(property)
        ? property.name
        : undefined;
    // tsc itself reports an option that range() does not have.
    const read = value === undefined ? null : (OPTIONS[key]?.(value, scope, `option ${key} of range`) ?? null);
    if (read !== null) options[key] = read;
  }
  return options;
}

function whileLoop(node: ts.WhileStatement, scope: Scope): readonly Stmt[] {
  const lowered = lowerExpression(node.expression, scope);
  const condition = isPoison(lowered) ? poison(node.expression, scope) : lowered;
  scope.loops++;
  const body = lowerBody(node.statement, scope);
  scope.loops--;
  return [{ kind: "while", condition, body, carried: carried(body), span: scope.unit.span(node) }];
}

/** `for (let i = 0; i < n; i++)`: says how the same loop is written with range(). */
function counted(node: ts.ForStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const instead = `write for (const ${rangeOf(node) ?? "i of range(start, stop, step)"}) { … }`;
  unit.report(unsupportedSyntax(unit.span(node), { what: "a for loop with a counter", instead }));
  return [];
}

function rangeOf({ initializer, condition, incrementor }: ts.ForStatement): string | null {
  const first =
    initializer !== undefined && ts.isVariableDeclarationList(initializer) ? initializer.declarations[0] : null;
  if (!first?.initializer || !condition || !ts.isBinaryExpression(condition) || !incrementor) return null;
  const inclusive = condition.operatorToken.kind === ts.SyntaxKind.LessThanEqualsToken;
  if (!inclusive && condition.operatorToken.kind !== ts.SyntaxKind.LessThanToken) return null;
  const stop = condition.right.getText() + (inclusive ? " + 1" : "");
  const bounds = `${first.name.getText()} of range(${first.initializer.getText()}, ${stop}`;
  if (ts.isPostfixUnaryExpression(incrementor) || ts.isPrefixUnaryExpression(incrementor)) return `${bounds})`;
  const isStep = ts.isBinaryExpression(incrementor) && incrementor.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken;
  return isStep ? `${bounds}, ${incrementor.right.getText()})` : null;
}

export const LOOPS: StatementRules = {
  [ts.SyntaxKind.ForStatement]: counted,
  [ts.SyntaxKind.ForOfStatement]: forOf,
  [ts.SyntaxKind.WhileStatement]: whileLoop,
};

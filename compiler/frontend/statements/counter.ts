import { isImpure, OPS } from "../../ops/index.js";
import { resolveCallee, symbolOf, unwrapped } from "../names.js";
import type { Scope } from "../scope.js";
import { someChild, written } from "../syntax.js";
import { ts } from "../typescript.mjs";
import type { Unit } from "../unit.js";

/** A loop whose variable goes by equal steps from `start` to before `stop` + `past`. */
export interface Counter {
  readonly symbol: ts.Symbol;
  readonly start: ts.Expression;
  readonly stop: ts.Expression;
  readonly past: -1 | 0 | 1;
  /** Null for 1. */
  readonly step: ts.Expression | null;
  readonly down: boolean;
}

/** Which way a comparison lets the variable go, and how far beyond its right side. */
const CONDITIONS: Readonly<Partial<Record<ts.SyntaxKind, { readonly down: boolean; readonly past: Counter["past"] }>>> =
  {
    [ts.SyntaxKind.LessThanToken]: { down: false, past: 0 },
    [ts.SyntaxKind.LessThanEqualsToken]: { down: false, past: 1 },
    [ts.SyntaxKind.GreaterThanToken]: { down: true, past: 0 },
    [ts.SyntaxKind.GreaterThanEqualsToken]: { down: true, past: -1 },
  };

/**
 * `for (let i = a; i < b; i += s)` as what range takes: where the body changes neither the variable nor what its bounds are made of, JavaScript
 * would find the same numbers there at each turn. Null for every other loop.
 */
export function counter(node: ts.ForStatement, scope: Scope): Counter | null {
  const { initializer, condition, incrementor, statement } = node;
  if (!initializer || !ts.isVariableDeclarationList(initializer) || initializer.declarations.length !== 1) return null;
  const [first] = initializer.declarations;
  if (!first?.initializer || !ts.isIdentifier(first.name) || !condition || !incrementor) return null;
  const symbol = symbolOf(scope.unit, first.name);
  const asked = unwrapped(condition);
  if (symbol === null || !ts.isBinaryExpression(asked)) return null;
  const is = (one: ts.Expression): boolean => ts.isIdentifier(one) && symbolOf(scope.unit, one) === symbol;
  const way = is(unwrapped(asked.left)) ? CONDITIONS[asked.operatorToken.kind] : undefined;
  const step = stepOf(unwrapped(incrementor), is);
  if (way === undefined || step === null || step.down !== way.down) return null;
  const changed = assignedIn(statement, scope.unit);
  if (changed.has(symbol)) return null;
  const keeps = (one: ts.Node): boolean => keepsValue(one, scope, changed);
  if (!keeps(asked.right) || (step.by && !keeps(step.by))) return null;
  return { symbol, start: first.initializer, stop: asked.right, past: way.past, step: step.by, down: way.down };
}

function stepOf(
  node: ts.Expression,
  is: (one: ts.Expression) => boolean,
): { readonly down: boolean; readonly by: ts.Expression | null } | null {
  if (ts.isPostfixUnaryExpression(node) || ts.isPrefixUnaryExpression(node)) {
    if (!is(unwrapped(node.operand))) return null;
    if (node.operator === ts.SyntaxKind.PlusPlusToken) return { down: false, by: null };
    return node.operator === ts.SyntaxKind.MinusMinusToken ? { down: true, by: null } : null;
  }
  if (!ts.isBinaryExpression(node) || !is(unwrapped(node.left))) return null;
  if (node.operatorToken.kind === ts.SyntaxKind.PlusEqualsToken) return { down: false, by: node.right };
  return node.operatorToken.kind === ts.SyntaxKind.MinusEqualsToken ? { down: true, by: node.right } : null;
}

/** The variables that a piece of source assigns. */
export function assignedIn(node: ts.Node, unit: Unit): ReadonlySet<ts.Symbol> {
  const found = new Set<ts.Symbol>();
  const target = (one: ts.Node): void => {
    const symbol = ts.isIdentifier(one) ? symbolOf(unit, one) : null;
    if (symbol !== null) found.add(symbol);
    else if (ts.isElementAccessExpression(one)) target(one.expression);
    else ts.forEachChild(one, target);
  };
  const visit = (one: ts.Node): void => {
    const place = written(one);
    if (place) target(place);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return found;
}

/** Whether an expression is made of numbers and of names that keep their values. */
function keepsValue(node: ts.Node, scope: Scope, changed: ReadonlySet<ts.Symbol>): boolean {
  if (ts.isCallExpression(node)) {
    const named = resolveCallee(scope.unit, node);
    const op = named.kind === "language" ? OPS.get(named.name) : undefined;
    if (!op || isImpure(op)) return false;
  }
  if (ts.isIdentifier(node)) {
    const symbol = symbolOf(scope.unit, node);
    return symbol === null || !changed.has(symbol);
  }
  return !someChild(node, (child) => !keepsValue(child, scope, changed));
}

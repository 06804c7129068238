import { notARange, unsupportedSyntax, wrongArguments } from "../../diagnostics/catalogue/frontend.js";
import { type Attr, type Attrs, type Expr, type Stmt, turns } from "../../ir/index.js";
import { lowerExpression } from "../expressions/index.js";
import { integerLiteral } from "../expressions/literals.js";
import { op } from "../expressions/operators.js";
import { decide, fixedFlag, fixedSize, fixedValue } from "../fixed.js";
import { flavorOf, shapeOf } from "../flavors.js";
import { forgetInside } from "../functions/index.js";
import { resolveCallee, symbolOf, unwrapped } from "../names.js";
import { picks } from "../needed.js";
import { isPoison, poison } from "../poison.js";
import type { Scope } from "../scope.js";
import { int, type Static } from "../static/value.js";
import { memberOf } from "../syntax.js";
import { ts } from "../typescript.mjs";
import { declareBroken } from "./broken.js";
import { carried } from "./carried.js";
import { counter } from "./counter.js";
import { bindFixed } from "./declarations.js";
import { lowerBody } from "./index.js";
import { type LeavingBody, withLeaving } from "./leaving.js";
import type { StatementRules } from "./rule.js";

interface Bounds {
  readonly static: boolean;
  readonly start: Expr;
  readonly stop: Expr;
  readonly step: Expr;
  readonly options: Attrs;
}

const OPTIONS = {
  numStages: fixedSize,
  loopUnrollFactor: fixedSize,
  flatten: fixedFlag,
  disallowAccMultiBuffer: fixedFlag,
  warpSpecialize: fixedFlag,
  disableLicm: fixedFlag,
} as const;

/** `for (const i of range(…)) { … }` */
function forOf(node: ts.ForOfStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const known = knownTurns(node, scope);
  if (known !== null) return unrolled(node, known, scope);
  const bounds = boundsOf(node.expression, scope);
  const name = loopName(node);
  if (bounds === null && name !== undefined) declareBroken(name, scope);
  const symbol = bounds === null ? null : loopVariable(node, scope);
  const variable = symbol === null ? null : scope.declare(symbol, { mutable: false, fixed: null });
  const { before, body } = loopBody(node.statement, scope);
  if (bounds === null || variable === null) return body;
  return [
    ...before,
    { kind: "for", variable: variable.name, ...bounds, body, carried: carried(body), span: unit.span(node) },
  ];
}

/** The items of a list of constants, or the turns of a staticRange whose variable picks from such a list; null where a loop of the IR will do. */
function knownTurns(node: ts.ForOfStatement, scope: Scope): readonly Static[] | null {
  const list = fixedValue(node.expression, scope);
  if (list?.kind === "list") return list.items;
  const range = rangeCall(node.expression, scope);
  if (range?.name !== "staticRange" || !picks(node, scope.unit, scope.kernel)) return null;
  const numbers = range.call.arguments.map((one) => {
    const value = fixedValue(one, scope);
    return value?.kind === "int" && typeof value.value === "number" ? value.value : null;
  });
  if (numbers.includes(null)) for (const one of range.call.arguments) decide(one, scope);
  if (numbers.includes(null) || numbers[2] === 0) return null;
  const [first, second, step = 1] = numbers as number[];
  return turns(second === undefined ? 0 : first!, second ?? first!, step).map(int);
}

/** A call of range() or staticRange(); null for everything else. */
function rangeCall(
  node: ts.Expression,
  scope: Scope,
): { readonly call: ts.CallExpression; readonly name: string } | null {
  const call = unwrapped(node);
  const named = ts.isCallExpression(call) ? resolveCallee(scope.unit, call) : null;
  const isRange = named?.kind === "language" && /^(range|staticRange)$/.test(named.name);
  return isRange ? { call: call as ts.CallExpression, name: named.name } : null;
}

export const loopName = ({ initializer }: ts.ForOfStatement): ts.BindingName | undefined =>
  ts.isVariableDeclarationList(initializer) ? initializer.declarations[0]?.name : undefined;

/** A body for each value of the loop's variable, one after another. */
function unrolled(node: ts.ForOfStatement, values: readonly Static[], scope: Scope): readonly Stmt[] {
  const name = loopName(node);
  scope.loops++;
  const turn = (value: Static): readonly Stmt[] => {
    if (name === undefined || !bindFixed(name, value, scope)) {
      loopVariable(node, scope);
      return [];
    }
    const lowered = lowerBody(node.statement, scope);
    // A function in the body sees another value in the next turn.
    forgetInside(node, scope.kernel);
    return lowered;
  };
  const { before, body } = withLeaving(
    node.statement,
    scope,
    values.map((value) => () => turn(value)),
  );
  scope.loops--;
  return [...before, ...body];
}

/** The body of a loop that the IR has too. */
function loopBody(statement: ts.Statement, scope: Scope): LeavingBody {
  scope.loops++;
  const lowered = withLeaving(statement, scope, [() => lowerBody(statement, scope)]);
  scope.loops--;
  return lowered;
}

function loopVariable(node: ts.ForOfStatement, scope: Scope): ts.Symbol | null {
  const { unit } = scope;
  const name = loopName(node);
  if (name !== undefined && ts.isIdentifier(name) && node.awaitModifier === undefined) return symbolOf(unit, name);
  if (name !== undefined) declareBroken(name, scope);
  unit.report(
    unsupportedSyntax(unit.span(node.initializer), {
      what: "this loop variable",
      instead: "write for (const i of range(n))",
    }),
  );
  return null;
}

/** Whether tsc takes an expression for a number of the whole program. */
function isNumber(node: ts.Expression, { unit }: Scope): boolean {
  const type = unit.checker.getTypeAtLocation(node);
  const shape = flavorOf(unit, type).kind === "tile" ? shapeOf(unit, flavorOf(unit, type).shape) : null;
  return shape?.length === 0 || type.isNumberLiteral();
}

function boundsOf(node: ts.Expression, scope: Scope): Bounds | null {
  const { unit } = scope;
  const found = rangeCall(node, scope);
  if (found === null) {
    unit.report(notARange(unit.span(node), { number: isNumber(node, scope) ? node.getText() : undefined }));
    return null;
  }
  const { call, name } = found;
  const last = call.arguments.at(-1);
  const withOptions = last !== undefined && ts.isObjectLiteralExpression(unwrapped(last));
  const numbers = withOptions ? call.arguments.slice(0, -1) : [...call.arguments];
  if (numbers.length < 1 || numbers.length > 3) {
    const expected = "(stop), (start, stop) or (start, stop, step)";
    unit.report(wrongArguments(unit.span(node), { name, expected, got: numbers.length }));
    return null;
  }
  const [first, second, third] = numbers.map((one) => lowerExpression(one, scope));
  return {
    static: name === "staticRange",
    start: second === undefined ? integerLiteral(0, call, scope) : first!,
    stop: second ?? first!,
    step: third ?? integerLiteral(1, call, scope),
    options: withOptions ? optionsOf(unwrapped(last) as ts.ObjectLiteralExpression, scope) : {},
  };
}

function optionsOf(node: ts.ObjectLiteralExpression, scope: Scope): Bounds["options"] {
  const options: Record<string, Attr> = {};
  for (const property of node.properties) {
    const member = memberOf(property);
    if (member === null) continue;
    const key = member.key.text as keyof typeof OPTIONS;
    // tsc itself reports an option that range() does not have.
    const read = OPTIONS[key]?.(member.value, scope, `option ${key} of range`) ?? null;
    if (read !== null) options[key] = typeof read === "boolean" ? read : [read];
  }
  return options;
}

function whileLoop(node: ts.WhileStatement, scope: Scope): readonly Stmt[] {
  const lowered = lowerExpression(node.expression, scope);
  const condition = isPoison(lowered) ? poison(node.expression, scope) : lowered;
  const { before, body, goesOn } = loopBody(node.statement, scope);
  const asked = goesOn === null ? condition : op("and", { a: goesOn, b: condition }, node.expression, scope);
  return [...before, { kind: "while", condition: asked, body, carried: carried(body), span: scope.unit.span(node) }];
}

/** `for (let i = 0; i < n; i++)` as a range, where the body leaves its variable and its bounds alone. */
function counted(node: ts.ForStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const count = counter(node, scope);
  if (count !== null) {
    const [start, stop] = [count.start, count.stop].map((one) => lowerExpression(one, scope));
    const step = count.step === null ? integerLiteral(1, node, scope) : lowerExpression(count.step, scope);
    const [end, by] = [
      count.past === 0
        ? stop!
        : op("add", { a: stop!, b: integerLiteral(count.past, count.stop, scope) }, count.stop, scope),
      count.down ? op("neg", { x: step }, node, scope) : step,
    ];
    const variable = scope.declare(count.symbol, { mutable: false, fixed: null });
    const { before, body } = loopBody(node.statement, scope);
    const range = { static: false, start: start!, stop: end, step: by, options: {} };
    return [
      ...before,
      { kind: "for", variable: variable.name, ...range, body, carried: carried(body), span: unit.span(node) },
    ];
  }
  const range = rangeOf(node);
  const instead = range ? `write for (const ${range}) { … }` : asWhile(node);
  unit.report(unsupportedSyntax(unit.span(node), { what: "a for loop with a counter", instead }));
  return [];
}

/** What goes by no equal steps. */
function asWhile({ initializer, condition, incrementor }: ts.ForStatement): string {
  const first = initializer ? `${initializer.getText()}; ` : "";
  return `write ${first}while (${condition?.getText() ?? "true"}) { …${incrementor ? `; ${incrementor.getText()};` : ""} }`;
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

import type { Expr, Stmt } from "../../ir/index.js";
import { reference } from "../expressions/names.js";
import { op } from "../expressions/operators.js";
import { poison } from "../poison.js";
import type { Scope, Variable } from "../scope.js";
import { someChild } from "../syntax.js";
import { ts } from "../typescript.mjs";
import { carried } from "./carried.js";

/** How the loop being lowered is left early: the IR has no jumps, so what follows one stands in an `if`. */
export interface Leaving {
  /** True for the rest of a turn after `continue` or `break`. */
  readonly skips: Variable;
  /** True for the rest of the loop after `break`; null where there is none. */
  readonly left: Variable | null;
}

/** A loop's body, what goes before the loop, and what must hold for another turn. */
export interface LeavingBody {
  readonly before: readonly Stmt[];
  readonly body: readonly Stmt[];
  readonly goesOn: Expr | null;
}

const hasJump =
  (isJump: (node: ts.Node) => node is ts.BreakOrContinueStatement) =>
  (node: ts.Node): boolean => {
    if (isJump(node)) return node.label === undefined;
    if (ts.isFunctionLike(node) || ts.isIterationStatement(node, false)) return false;
    return someChild(node, hasJump(isJump));
  };

/** Whether a statement may end the turn of the loop around it. */
export const mayLeave = hasJump(ts.isBreakOrContinueStatement);
const breaks = hasJump(ts.isBreakStatement);

/** Lowers the turns of a loop, each by `lower`: one where the IR has a loop too, and all of one that is unrolled. */
export function withLeaving(
  statement: ts.Statement,
  scope: Scope,
  turns: readonly (() => readonly Stmt[])[],
): LeavingBody {
  const outer = scope.leaving;
  if (!mayLeave(statement)) {
    scope.leaving = null;
    const body = turns.flatMap((lower) => lower());
    scope.leaving = outer;
    return { before: [], body, goesOn: null };
  }
  const flag = (name: string): Variable => ({
    ...{ kind: "variable", name: scope.names.unique(name), owner: scope, mutable: true, fixed: null },
  });
  const leaving: Leaving = { skips: flag("skips"), left: breaks(statement) ? flag("left") : null };
  scope.leaving = leaving;
  const { skips, left } = leaving;
  const body = turns.flatMap((lower) => {
    const turn = [set(skips, false, statement, scope), ...lower()];
    return left === null ? turn : [unless(left, turn, statement, scope)];
  });
  scope.leaving = outer;
  const before = [skips, ...(left === null ? [] : [left])].map((one) => ({
    ...set(one, false, statement, scope),
    declares: true,
  }));
  return { before, body, goesOn: left === null ? null : isUnset(left, statement, scope) };
}

/** `break` and `continue`. */
export function leave(node: ts.BreakOrContinueStatement, scope: Scope): readonly Stmt[] | null {
  if (scope.leaving === null || node.label !== undefined) return null;
  const { skips, left } = scope.leaving;
  const ends = ts.isBreakStatement(node) && left !== null ? [set(left, true, node, scope)] : [];
  return [...ends, set(skips, true, node, scope)];
}

/** What follows a statement that may have ended the turn. */
export const afterLeaving = (rest: readonly Stmt[], node: ts.Node, scope: Scope): readonly Stmt[] =>
  rest.length === 0 || scope.leaving === null ? rest : [unless(scope.leaving.skips, rest, node, scope)];

const isUnset = (flag: Variable, node: ts.Node, scope: Scope): Expr =>
  op("not", { x: reference(flag, node, scope) }, node, scope);

function unless(flag: Variable, then: readonly Stmt[], node: ts.Node, scope: Scope): Stmt {
  const condition = isUnset(flag, node, scope);
  return { kind: "if", condition, then, else: [], carried: carried(then, []), span: scope.unit.span(node) };
}

const set = (flag: Variable, value: boolean, node: ts.Node, scope: Scope): Extract<Stmt, { kind: "assign" }> => ({
  kind: "assign",
  name: flag.name,
  value: { ...poison(node, scope), kind: "literal", value, type: { kind: "const", of: "bool" } },
  declares: false,
  span: scope.unit.span(node),
});

import { returnInLoop, returnsValue } from "../../diagnostics/catalogue/frontend.js";
import type { Stmt } from "../../ir/index.js";
import { askedIn, decideGiven, lowerCondition } from "../expressions/presence.js";
import { decided } from "../given.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";
import { carried } from "./carried.js";
import { lowerBody, lowerStatements } from "./index.js";
import type { StatementRules } from "./rule.js";
import { lowerWhole } from "./whole.js";

function branch(node: ts.IfStatement, scope: Scope): readonly Stmt[] {
  const known = decided(node.expression, scope);
  if (known === true) return lowerBody(node.thenStatement, scope);
  if (known === false) return node.elseStatement === undefined ? [] : lowerBody(node.elseStatement, scope);
  const condition = lowerCondition(node.expression, scope);
  const then = lowerBody(node.thenStatement, scope);
  const otherwise = node.elseStatement === undefined ? [] : lowerBody(node.elseStatement, scope);
  // What follows such a return may make no sense without the parameter.
  const asksFor = askedIn(condition);
  if (asksFor.length > 0 && [then, otherwise].some((body) => body.at(-1)?.kind === "return"))
    decideGiven({ decidedBy: asksFor });
  const span = scope.unit.span(node);
  return [{ kind: "if", condition, then, else: otherwise, carried: carried(then, otherwise), span }];
}

function returned(node: ts.ReturnStatement, scope: Scope): readonly Stmt[] {
  const { unit } = scope;
  const span = unit.span(node);
  if (scope.loops > 0) unit.report(returnInLoop(span));
  if (node.expression === undefined) return scope.loops > 0 ? [] : [{ kind: "return", value: null, span }];
  const { before, value } = lowerWhole(node.expression, scope);
  if (scope.isKernel) unit.report(returnsValue(span, { kernel: scope.name }));
  return scope.loops > 0 || scope.isKernel ? [] : [...before, { kind: "return", value, span }];
}

export const BRANCHES: StatementRules = {
  [ts.SyntaxKind.IfStatement]: branch,
  [ts.SyntaxKind.ReturnStatement]: returned,
  [ts.SyntaxKind.Block]: (node: ts.Block, scope: Scope) => lowerStatements(node.statements, scope),
};

import { unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import { placed, type Stmt } from "../../ir/index.js";
import { SYNTAX } from "../expressions/advice.js";
import { decided } from "../given.js";
import { poison } from "../poison.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";
import { ASSIGNMENTS } from "./assignments.js";
import { BRANCHES } from "./branches.js";
import { DECLARATIONS } from "./declarations.js";
import { afterLeaving, leave, mayLeave } from "./leaving.js";
import { LOOPS } from "./loops.js";
import type { StatementRules } from "./rule.js";

/** Every kind of statement that has a meaning in a kernel. A function, because the rules call back into this module. */
const rules = (): StatementRules => (table ??= { ...DECLARATIONS, ...ASSIGNMENTS, ...LOOPS, ...BRANCHES });
let table: StatementRules | undefined;

/** Statements one after another; a problem in one leaves the others. */
export function lowerStatements(nodes: readonly ts.Statement[], scope: Scope): readonly Stmt[] {
  const first = scope.leaving === null ? -1 : nodes.findIndex(mayLeave);
  if (first < 0) return lowerAll(nodes, scope);
  const done = nodes.slice(0, first + 1).flatMap((node) => lowerStatement(node, scope));
  const rest = nodes.slice(first + 1);
  return rest.length === 0 ? done : [...done, ...afterLeaving(lowerStatements(rest, scope), rest[0]!, scope)];
}

/** Behind a branch that is taken for sure and returns there is nothing for this choice of optional parameters. */
function lowerAll(nodes: readonly ts.Statement[], scope: Scope): readonly Stmt[] {
  const done: Stmt[] = [];
  for (const node of nodes) {
    done.push(...lowerStatement(node, scope));
    const returns = done.at(-1)?.kind === "return";
    if (returns && ts.isIfStatement(node) && decided(node.expression, scope) !== null) break;
  }
  return done;
}

/** The body of a loop, of a branch or of a function. */
export function lowerBody(node: ts.Statement, scope: Scope): readonly Stmt[] {
  return lowerStatements(ts.isBlock(node) ? node.statements : [node], scope);
}

function lowerStatement(node: ts.Statement, scope: Scope): readonly Stmt[] {
  const rule = rules()[node.kind] as ((node: ts.Statement, scope: Scope) => readonly Stmt[]) | undefined;
  if (rule !== undefined)
    return placed(
      () => scope.unit.span(node),
      () => scope.kernel.depth.inside(() => rule(node, scope)),
    );
  const left = ts.isBreakOrContinueStatement(node) ? leave(node, scope) : null;
  if (left !== null) return left;
  const [what, instead] = SYNTAX[node.kind] ?? ["this statement", "use assignments, if, while and for … of range()"];
  const span = scope.unit.span(node);
  scope.unit.report(unsupportedSyntax(span, { what, instead }));
  // What a function returns may have stood in it: its calls give something that is not known.
  return scope.isKernel || scope.loops > 0 ? [] : [{ kind: "return", value: poison(node, scope), span }];
}

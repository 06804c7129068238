import { unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import type { Expr } from "../../ir/index.js";
import { poison } from "../poison.js";
import type { Scope } from "../scope.js";
import type { ts } from "../typescript.mjs";
import { SYNTAX } from "./advice.js";
import { CALLS } from "./calls.js";
import { LITERALS } from "./literals.js";
import { MEMBERS } from "./members.js";
import { NAMES } from "./names.js";
import { OPERATORS } from "./operators.js";
import type { ExpressionRules } from "./rule.js";

/** Every kind of expression that has a meaning in a kernel. A function, because the rules call back into this module. */
const rules = (): ExpressionRules => (table ??= { ...LITERALS, ...NAMES, ...OPERATORS, ...MEMBERS, ...CALLS });
let table: ExpressionRules | undefined;

/** An expression of the source as an expression of the IR; poisoned, with the problem reported, where it has no meaning. */
export function lowerExpression(node: ts.Expression, scope: Scope): Expr {
  const rule = rules()[node.kind] as ((node: ts.Expression, scope: Scope) => Expr) | undefined;
  scope.kernel.work.spend();
  if (rule !== undefined) return scope.kernel.depth.inside(() => rule(node, scope));
  const [what, instead] = SYNTAX[node.kind] ?? [`\`${node.getText()}\``, "use the functions of the language"];
  scope.unit.report(unsupportedSyntax(scope.unit.span(node), { what, instead }));
  return poison(node, scope);
}

import { symbolOf } from "../names.js";
import type { Scope } from "../scope.js";
import { ts } from "../typescript.mjs";

/** Names of a pattern that has been reported. */
export function declareBroken(name: ts.BindingName, scope: Scope): void {
  if (ts.isIdentifier(name)) {
    const symbol = symbolOf(scope.unit, name);
    if (symbol !== null) scope.declare(symbol, { mutable: false, fixed: null, broken: true });
  } else for (const element of name.elements) if (!ts.isOmittedExpression(element)) declareBroken(element.name, scope);
}

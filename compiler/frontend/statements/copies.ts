import { unsupportedSyntax } from "../../diagnostics/catalogue/frontend.js";
import type { Stmt } from "../../ir/index.js";
import { reference } from "../expressions/names.js";
import { isMissing } from "../given.js";
import type { Scope } from "../scope.js";
import type { ts } from "../typescript.mjs";
import { assignedIn } from "./counter.js";

/** A parameter that the body assigns is a variable of its own from the start: what the caller has stays as it is. */
export function copyAssigned(body: ts.Node, scope: Scope): readonly Stmt[] {
  return [...assignedIn(body, scope.unit)].flatMap((symbol): readonly Stmt[] => {
    const parameter = scope.bindings.get(symbol);
    if (parameter?.kind !== "variable") return [];
    if (isMissing(parameter)) {
      const instead = `give what it stands for a name of its own: const value = ${parameter.name} ?? 1`;
      scope.unit.report(
        unsupportedSyntax(scope.unit.span(body), {
          what: `assigning ${parameter.name}, which a call leaves out,`,
          instead,
        }),
      );
      return [];
    }
    const value = reference(parameter, body, scope);
    const copy = scope.declare(symbol, { mutable: true, fixed: null });
    return [{ kind: "assign", name: copy.name, value, declares: true, span: value.span }];
  });
}

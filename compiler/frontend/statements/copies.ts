import type { Stmt } from "../../ir/index.js";
import { reference } from "../expressions/names.js";
import type { Scope } from "../scope.js";
import type { ts } from "../typescript.mjs";
import { assignedIn } from "./counter.js";

/** A parameter that the body assigns is a variable of its own from the start: what the caller has stays as it is. */
export function copyAssigned(body: ts.Node, scope: Scope): readonly Stmt[] {
  return [...assignedIn(body, scope)].flatMap((symbol): readonly Stmt[] => {
    const parameter = scope.bindings.get(symbol);
    if (parameter?.kind !== "variable") return [];
    const value = reference(parameter, body, scope);
    const copy = scope.declare(symbol, { mutable: true, fixed: null });
    return [{ kind: "assign", name: copy.name, value, declares: true, span: value.span }];
  });
}

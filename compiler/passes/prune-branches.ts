import {
  assignedNames,
  type Expr,
  type Kernel,
  mapExpressions,
  mapStatements,
  rewrite,
  type Stmt,
  walkExpressions,
} from "../ir/index.js";

/** Takes out what cannot run: the other branch of a known condition, a loop without turns, what stands after a return. */
export function pruneBranches(kernel: Kernel): Kernel {
  return withoutUnused({
    ...kernel,
    body: pruneBody(kernel.body),
    functions: kernel.functions.map((fn) => ({ ...fn, body: pruneBody(fn.body) })),
  });
}

export function pruneBody(body: readonly Stmt[]): readonly Stmt[] {
  const pruned = mapStatements(body, (stmt) =>
    pruneStatement(mapExpressions(stmt, (expr) => rewrite(expr, pruneSelect))),
  );
  const end = pruned.findIndex((stmt) => stmt.kind === "return");
  return end < 0 ? pruned : pruned.slice(0, end + 1);
}

const known = (condition: Expr): boolean | null =>
  condition.kind === "literal" && typeof condition.value === "boolean" ? condition.value : null;

function pruneSelect(expr: Expr): Expr {
  if (expr.kind !== "op" || expr.op !== "select") return expr;
  const condition = known(expr.args.condition!);
  return condition === null ? expr : condition ? expr.args.a! : expr.args.b!;
}

function pruneStatement(stmt: Stmt): readonly Stmt[] {
  if (stmt.kind === "if") {
    const condition = known(stmt.condition);
    if (condition !== null) return condition ? stmt.then : stmt.else;
    return [{ ...stmt, carried: stillCarried(stmt.carried, [...stmt.then, ...stmt.else]) }];
  }
  if (stmt.kind === "while")
    return known(stmt.condition) === false ? [] : [{ ...stmt, carried: stillCarried(stmt.carried, stmt.body) }];
  if (stmt.kind === "for") return isEmpty(stmt) ? [] : [{ ...stmt, carried: stillCarried(stmt.carried, stmt.body) }];
  return [stmt];
}

/** True for a loop whose known bounds leave it no turn. */
function isEmpty({ start, stop, step }: Extract<Stmt, { kind: "for" }>): boolean {
  const bounds = [start, stop, step].map((bound) => (bound.kind === "literal" ? Number(bound.value) : Number.NaN));
  const [from, to, by] = bounds as [number, number, number];
  return by > 0 ? from >= to : by < 0 && from <= to;
}

/** A name may be assigned in the branch that went away only. */
function stillCarried(carried: readonly string[], body: readonly Stmt[]): readonly string[] {
  const assigned = assignedNames(body);
  return carried.filter((name) => assigned.has(name));
}

/** Without device functions that nothing calls any more. */
function withoutUnused(kernel: Kernel): Kernel {
  const called = new Set<string>();
  const note = (expr: Expr): void => {
    if (expr.kind === "call") called.add(expr.callee);
  };
  walkExpressions(kernel.body, note);
  // Callees come first, so a function's callers have all been seen when its turn comes from behind.
  const kept = [...kernel.functions].reverse().filter((fn) => {
    if (called.has(fn.name)) walkExpressions(fn.body, note);
    return called.has(fn.name);
  });
  return kept.length === kernel.functions.length ? kernel : { ...kernel, functions: kept.reverse() };
}

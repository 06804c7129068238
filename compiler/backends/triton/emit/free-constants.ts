import {
  attrNames,
  type DeviceFunction,
  dimNames,
  type Expr,
  type Stmt,
  walkExpressions,
  walkStatements,
} from "../../../ir/index.js";
import { shapeOf } from "../../../ops/index.js";

/** Ops whose text says how large their result is. */
const SIZED: ReadonlySet<string> = new Set(["zeros", "full", "reshape"]);

/** Constants that the text of an expression itself mentions: in its attributes, or as a name that is not its function's own. */
function namesOfExpr(expr: Expr): readonly string[] {
  if (expr.kind === "ref" && expr.type.kind === "const") return [expr.name];
  if (expr.kind !== "op") return [];
  const sizes = SIZED.has(expr.op) ? shapeOf(expr.type) : [];
  return [...attrNames(expr.attrs), ...sizes.flatMap(dimNames)];
}

const declaredIn = (body: readonly Stmt[]): Set<string> => {
  const names = new Set<string>();
  walkStatements(body, (stmt) => {
    if (stmt.kind === "assign" && stmt.declares) names.add(stmt.name);
    if (stmt.kind === "unpack" && stmt.declares) for (const name of stmt.names) if (name !== null) names.add(name);
    if (stmt.kind === "for") names.add(stmt.variable);
  });
  return names;
};

/**
 * The kernel's constants that a device function needs and does not get as parameters, sorted. Its sizes are written in terms of
 * the kernel's `Const` parameters, which Python does not see inside another function: they are passed along.
 */
export function freeConstants(fn: DeviceFunction, ofCallee: (name: string) => readonly string[]): readonly string[] {
  const found = new Set<string>();
  const find = (names: readonly string[]): void => {
    for (const name of names) found.add(name);
  };
  walkExpressions(fn.body, (expr) => {
    find(namesOfExpr(expr));
    if (expr.kind === "call") find(ofCallee(expr.callee));
  });
  walkStatements(fn.body, (stmt) => {
    if (stmt.kind === "for") find(attrNames(stmt.options));
  });
  const own = declaredIn(fn.body);
  for (const { name } of fn.params) own.add(name);
  return [...found].filter((name) => !own.has(name)).sort();
}

import {
  type Attr,
  type DeviceFunction,
  type Dim,
  type Expr,
  type Stmt,
  type Type,
  walkExpressions,
  walkStatements,
} from "../ir/index.js";

function namesOfDim(dim: Dim, found: Set<string>): void {
  if (typeof dim === "number") return;
  if (dim.op === "name") found.add(dim.args[0] as string);
  else for (const part of dim.args as Dim[]) namesOfDim(part, found);
}

function namesOfAttrs(attrs: Readonly<Record<string, Attr>>, found: Set<string>): void {
  for (const attr of Object.values(attrs))
    if (Array.isArray(attr)) for (const dim of attr as Dim[]) namesOfDim(dim, found);
}

function namesOfType(type: Type, found: Set<string>): void {
  if (type.kind === "tile") for (const dim of type.shape) namesOfDim(dim, found);
}

/** Constants that the text of an expression itself mentions: in its attributes, or as a name that is not its function's own. */
function namesOfExpr(expr: Expr, found: Set<string>): void {
  if (expr.kind === "ref" && expr.type.kind === "const") found.add(expr.name);
  if (expr.kind !== "op") return;
  namesOfAttrs(expr.attrs, found);
  if (expr.op === "zeros" || expr.op === "full" || expr.op === "reshape") namesOfType(expr.type, found);
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
  walkExpressions(fn.body, (expr) => {
    namesOfExpr(expr, found);
    if (expr.kind === "call") for (const name of ofCallee(expr.callee)) found.add(name);
  });
  walkStatements(fn.body, (stmt) => {
    if (stmt.kind === "for") namesOfAttrs(stmt.options, found);
  });
  const own = declaredIn(fn.body);
  for (const { name } of fn.params) own.add(name);
  return [...found].filter((name) => !own.has(name)).sort();
}

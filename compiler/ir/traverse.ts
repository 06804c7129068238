import type { Expr, Stmt } from "./kernel.js";

/** The operands of an expression, in order. */
export function operands(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "op":
      return Object.values(expr.args);
    case "call":
      return expr.args;
    case "tuple":
      return expr.items;
    case "element":
      return [expr.of];
    default:
      return [];
  }
}

/** The same expression over other operands; the very object when none of them changed. */
export function mapOperands(expr: Expr, change: (operand: Expr) => Expr): Expr {
  const before = operands(expr);
  const after = before.map(change);
  if (after.every((operand, index) => operand === before[index])) return expr;
  switch (expr.kind) {
    case "op":
      return { ...expr, args: Object.fromEntries(Object.keys(expr.args).map((key, index) => [key, after[index]!])) };
    case "call":
      return { ...expr, args: after };
    case "tuple":
      return { ...expr, items: after };
    case "element":
      return { ...expr, of: after[0]! };
    default:
      return expr;
  }
}

/** Rewrites an expression from the leaves up. */
export function rewrite(expr: Expr, change: (expr: Expr) => Expr): Expr {
  return change(mapOperands(expr, (operand) => rewrite(operand, change)));
}

/** The expressions a statement evaluates itself, without those of the statements inside it. */
export function expressionsOf(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case "for":
      return [stmt.start, stmt.stop, stmt.step];
    case "while":
    case "if":
      return [stmt.condition];
    case "return":
      return stmt.value === null ? [] : [stmt.value];
    default:
      return [stmt.value];
  }
}

/** The statements inside a statement. */
export function bodiesOf(stmt: Stmt): readonly (readonly Stmt[])[] {
  switch (stmt.kind) {
    case "for":
    case "while":
      return [stmt.body];
    case "if":
      return [stmt.then, stmt.else];
    default:
      return [];
  }
}

/** Visits every statement, those inside other ones too, in source order. */
export function walkStatements(body: readonly Stmt[], visit: (stmt: Stmt) => void): void {
  for (const stmt of body) {
    visit(stmt);
    for (const inner of bodiesOf(stmt)) walkStatements(inner, visit);
  }
}

/** Visits every expression of a body, outer ones first. */
export function walkExpressions(body: readonly Stmt[], visit: (expr: Expr) => void): void {
  const into = (expr: Expr): void => {
    visit(expr);
    operands(expr).forEach(into);
  };
  walkStatements(body, (stmt) => expressionsOf(stmt).forEach(into));
}

/** A statement with its own expressions replaced; the statements inside it stay. */
export function mapExpressions(stmt: Stmt, change: (expr: Expr) => Expr): Stmt {
  switch (stmt.kind) {
    case "for":
      return { ...stmt, start: change(stmt.start), stop: change(stmt.stop), step: change(stmt.step) };
    case "while":
    case "if":
      return { ...stmt, condition: change(stmt.condition) };
    case "return":
      return stmt.value === null ? stmt : { ...stmt, value: change(stmt.value) };
    default:
      return { ...stmt, value: change(stmt.value) };
  }
}

/** Rewrites bodies from the inside out; `change` may give any number of statements for one. */
export function mapStatements(body: readonly Stmt[], change: (stmt: Stmt) => readonly Stmt[]): readonly Stmt[] {
  return body.flatMap((stmt) => {
    switch (stmt.kind) {
      case "for":
      case "while":
        return change({ ...stmt, body: mapStatements(stmt.body, change) });
      case "if":
        return change({ ...stmt, then: mapStatements(stmt.then, change), else: mapStatements(stmt.else, change) });
      default:
        return change(stmt);
    }
  });
}

/** Names that a body assigns without declaring them. */
export function assignedNames(body: readonly Stmt[]): ReadonlySet<string> {
  const names = new Set<string>();
  walkStatements(body, (stmt) => {
    if (stmt.kind === "assign" && !stmt.declares) names.add(stmt.name);
    if (stmt.kind === "unpack" && !stmt.declares) for (const name of stmt.names) if (name !== null) names.add(name);
  });
  return names;
}

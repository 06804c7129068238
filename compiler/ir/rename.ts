import { mapSizes } from "./attrs.js";
import { type Dim, dimName, substituteDim } from "./dim.js";
import type { Expr, Stmt } from "./kernel.js";
import { mapExpressions, mapStatements, rewrite, walkStatements } from "./traverse.js";
import type { Shape, Type } from "./type.js";

/** The names that a body declares, those of its loops too. */
export function declaredNames(body: readonly Stmt[]): ReadonlySet<string> {
  const names = new Set<string>();
  walkStatements(body, (stmt) => {
    if (stmt.kind === "assign" && stmt.declares) names.add(stmt.name);
    if (stmt.kind === "unpack" && stmt.declares) for (const name of stmt.names) if (name !== null) names.add(name);
    if (stmt.kind === "for") names.add(stmt.variable);
  });
  return names;
}

/** A body with names changed wherever they stand, in sizes too. Names that are not in the map stay. */
export function renameIn(body: readonly Stmt[], names: ReadonlyMap<string, string>): readonly Stmt[] {
  if (names.size === 0) return body;
  const dims = new Map<string, Dim>([...names].map(([from, to]) => [from, dimName(to)]));
  const rename = (name: string): string => names.get(name) ?? name;
  const shape = (sizes: Shape): Shape => sizes.map((dim) => substituteDim(dim, dims));
  const type = (before: Type): Type => {
    if (before.kind === "tile") return { ...before, shape: shape(before.shape) };
    if (before.kind === "const" && before.dim !== undefined) return { ...before, dim: substituteDim(before.dim, dims) };
    return before.kind === "tuple" ? { ...before, items: before.items.map(type) } : before;
  };
  const inExpr = (expr: Expr): Expr => {
    const typed = { ...expr, type: type(expr.type) } as Expr;
    if (typed.kind === "ref") return { ...typed, name: rename(typed.name) };
    if (typed.kind !== "op") return typed;
    return { ...typed, attrs: mapSizes(typed.attrs, shape) };
  };
  return mapStatements(body, (stmt) => {
    const inside = mapExpressions(stmt, (expr) => rewrite(expr, inExpr));
    switch (inside.kind) {
      case "assign":
        return [
          {
            ...inside,
            name: rename(inside.name),
            ...(inside.annotation ? { annotation: type(inside.annotation) } : {}),
          },
        ];
      case "unpack":
        return [{ ...inside, names: inside.names.map((name) => name && rename(name)) }];
      case "for":
        return [
          {
            ...inside,
            variable: rename(inside.variable),
            options: mapSizes(inside.options, shape),
            carried: inside.carried.map(rename),
          },
        ];
      case "while":
      case "if":
        return [{ ...inside, carried: inside.carried.map(rename) }];
      default:
        return [inside];
    }
  });
}

import { assignedNames, type Stmt, walkStatements } from "../../ir/index.js";

/** Variables that bodies assign and that are declared around them, in the order of their first assignment. */
export function carried(...bodies: readonly (readonly Stmt[])[]): readonly string[] {
  const assigned = new Set(bodies.flatMap((body) => [...assignedNames(body)]));
  for (const body of bodies) {
    walkStatements(body, (stmt) => {
      if (stmt.kind === "assign" && stmt.declares) assigned.delete(stmt.name);
      if (stmt.kind === "unpack" && stmt.declares)
        for (const name of stmt.names) if (name !== null) assigned.delete(name);
    });
  }
  return [...assigned];
}

import { type Expr, operands, type Param } from "../../../ir/index.js";
import { type Flat, walkSteps } from "../flatten/steps.js";

/** Pointer and descriptor parameters that each pointer variable may come from. */
export type Origins = ReadonlyMap<string, ReadonlySet<string>>;

/** Stands for memory that no parameter names. A pointer from an address comes from there, or from any parameter: nobody knows. */
export const ANYWHERE = "*";

const isAddress = (expr: Expr): boolean =>
  expr.type.kind === "descriptor" || (expr.type.kind === "tile" && expr.type.pointer);

/** The parameters that a pointer expression may come from. */
export function originsOf(expr: Expr, known: Origins): ReadonlySet<string> {
  if (expr.kind === "ref") return known.get(expr.name) ?? new Set([expr.name]);
  if (expr.kind === "op" && expr.op === "toPointer") return known.get(ANYWHERE)!;
  const found = operands(expr)
    .filter(isAddress)
    .map((operand) => originsOf(operand, known));
  return new Set(found.flatMap((names) => [...names]));
}

/** Follows pointers through variables until nothing new is found. */
export function findOrigins(flat: Flat, params: readonly Param[]): Origins {
  const addresses = params.filter(({ kind }) => kind === "pointer" || kind === "descriptor").map(({ name }) => name);
  const origins = new Map([[ANYWHERE, new Set([ANYWHERE, ...addresses])]]);
  let changed = true;
  while (changed) {
    changed = false;
    walkSteps(flat.steps, (step) => {
      if (step.kind !== "assign" || !isAddress(step.value)) return;
      let names = origins.get(step.name);
      if (!names) {
        names = new Set();
        origins.set(step.name, names);
      }
      const before = names.size;
      // A loop-carried pointer refers to itself before it has been given anything: that adds nothing.
      for (const name of originsOf(step.value, origins)) if (name !== step.name) names.add(name);
      if (names.size !== before) changed = true;
    });
  }
  return origins;
}

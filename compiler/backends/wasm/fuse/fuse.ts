import type { Param } from "../../../ir/index.js";
import { type Flat, type Step, withBodies } from "../flatten/steps.js";
import { Aliases } from "./aliases.js";
import { assignmentsOf, chooseInlined, type Inlined } from "./decide.js";
import { groupFrom } from "./groups.js";
import { findOrigins, type Origins } from "./provenance.js";

/** Steps without those whose values are computed where they are used, and with those together that one pass computes. */
export interface Fused extends Flat {
  readonly origins: Origins;
  readonly aliases: Aliases;
  readonly inlined: Inlined;
  readonly assignments: ReadonlyMap<string, number>;
}

/** @param aliased groups of pointer parameters whose buffers overlap */
export function fuse(flat: Flat, params: readonly Param[], aliased: readonly (readonly string[])[]): Fused {
  const origins = findOrigins(flat, params);
  const aliases = new Aliases(aliased);
  const inlined = chooseInlined(flat, origins, aliases);
  return {
    steps: grouped(flat.steps, inlined),
    variables: flat.variables,
    origins,
    aliases,
    inlined,
    assignments: assignmentsOf(flat.steps),
  };
}

function grouped(steps: readonly Step[], inlined: Inlined): readonly Step[] {
  const done = new Set<Step>();
  return steps.flatMap((step, at): Step[] => {
    if (done.has(step) || (step.kind === "assign" && inlined.has(step.name))) return [];
    const assigns = groupFrom(steps, at, inlined);
    for (const one of assigns) done.add(one);
    return assigns.length > 1 ? [{ kind: "together", assigns }] : [withBodies(step, (body) => grouped(body, inlined))];
  });
}

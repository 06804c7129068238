import { type Expr, type Kernel, operands } from "../../ir/index.js";
import { type ArgumentLayout, layoutArguments } from "./argument-layout.js";
import { flatten } from "./flatten/flatten.js";
import { type Flat, walkSteps } from "./flatten/steps.js";
import { ownExpressions } from "./fuse/decide.js";
import { findOrigins, type Origins, originsOf } from "./fuse/provenance.js";
import { opOf } from "./ops.js";

/** What a launch must know before the kernel is compiled. */
export interface LaunchShape {
  readonly layout: ArgumentLayout;
  /** Parameters that the kernel writes through: buffers that overlap one of these need a compilation of their own. */
  readonly written: readonly string[];
}

export function describeForCpu(kernel: Kernel): LaunchShape {
  const flat = flatten(kernel);
  return { layout: layoutArguments(kernel), written: writtenParams(flat, findOrigins(flat, kernel.params)) };
}

function writtenParams(flat: Flat, origins: Origins): string[] {
  const written = new Set<string>();
  const visit = (expr: Expr): void => {
    const to = opOf(expr)?.writes;
    if (expr.kind === "op" && to) for (const name of originsOf(expr.args[to]!, origins)) written.add(name);
    operands(expr).forEach(visit);
  };
  walkSteps(flat.steps, (step) => {
    ownExpressions(step).forEach(visit);
  });
  return [...written];
}

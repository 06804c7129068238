import type { Expr } from "../../../ir/index.js";
import { operands } from "../../../ir/index.js";
import type { Step } from "../flatten/steps.js";
import { isWhole } from "../ops.js";

export type Assign = Extract<Step, { kind: "assign" }>;

/** Tiles that one pass over a shape may compute at most: each holds registers. */
const MOST = 4;

/** Assignments of tiles that are computed element by element. */
export function isElementwise(step: Step): step is Assign {
  if (step.kind !== "assign" || isWhole(step.value)) return false;
  const { type } = step.value;
  return type.kind === "tile" && !type.pointer && type.shape.length > 0 && !startsFromProduct(step.value);
}

/** A sum with a matrix product becomes the product's start value and is no element-by-element assignment. */
const startsFromProduct = (value: Expr): boolean =>
  value.kind === "op" &&
  value.op === "add" &&
  Object.values(value.args).some((arg) => arg.kind === "op" && arg.op === "dot");

const shapeText = (step: Assign): string => (step.value.type.kind === "tile" ? step.value.type.shape.join() : "");

/** Whether an expression reads one of the variables, through those that are computed in place too. */
export function reads(expr: Expr, names: ReadonlySet<string>, inlined: ReadonlyMap<string, Expr>): boolean {
  if (expr.kind === "ref") {
    const inner = inlined.get(expr.name);
    return names.has(expr.name) || (inner !== undefined && reads(inner, names, inlined));
  }
  return operands(expr).some((operand) => reads(operand, names, inlined));
}

/**
 * The assignments from `start` on that can be one pass: of one shape, next to each other but for what is computed in place, and none
 * reads what another writes.
 */
export function groupFrom(
  steps: readonly Step[],
  start: number,
  inlined: ReadonlyMap<string, Expr>,
): readonly Assign[] {
  const first = steps[start]!;
  if (!isElementwise(first) || inlined.has(first.name)) return [];
  const group: Assign[] = [first];
  for (let at = start + 1; at < steps.length && group.length < MOST; at++) {
    const step = steps[at]!;
    if (step.kind !== "assign") break;
    if (inlined.has(step.name)) continue;
    if (!isElementwise(step) || shapeText(step) !== shapeText(first)) break;
    const names = new Set([...group, step].map((one) => one.name));
    const apart = (one: Assign): boolean =>
      !reads(one.value, new Set([...names].filter((name) => name !== one.name)), inlined);
    if (names.size <= group.length || ![...group, step].every(apart)) break;
    group.push(step);
  }
  return group;
}

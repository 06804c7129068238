import * as problems from "../../diagnostics/catalogue/types.js";
import { type Expr, operands, type Shape } from "../../ir/index.js";
import { type InferContext, type OpNode, sameShape, shapeOf } from "../../ops/index.js";
import type { Scope } from "./scope.js";

/** JavaScript's max compares its arguments: whoever writes max(x, 0) so stores one number in all elements of the tile that it is made of. */
export function warnOfReduced(effect: Expr, scope: Scope, context: InferContext): void {
  if (effect.kind !== "op" || effect.op !== "store" || effect.type.kind === "unknown") return;
  const found = reduced(effect.args.value!, shapeOf(effect.args.ptr!.type), scope);
  if (found === null) return;
  const facts = { op: found.op as "max" | "min", type: found.args.x!.type };
  context.warn(problems.storesReduced(found.span, facts, context.origins(found.args.x!)));
}

/** The reduction of a tile of this shape, by an axis that it has no other of, that a number is computed from. */
function reduced(value: Expr, shape: Shape, scope: Scope): OpNode | null {
  if (shapeOf(value.type).length > 0) return null;
  if (value.kind === "ref") {
    const made = scope.variables.get(value.name)?.made;
    return made ? reduced(made, shape, scope) : null;
  }
  if (value.kind !== "op") return null;
  if (value.op === "max" || value.op === "min") {
    const from = shapeOf(value.args.x!.type);
    const isMeant = value.attrs.axis !== undefined && from.length === 1 && sameShape(from, shape);
    return isMeant ? value : null;
  }
  for (const operand of operands(value)) {
    const found = reduced(operand, shape, scope);
    if (found) return found;
  }
  return null;
}

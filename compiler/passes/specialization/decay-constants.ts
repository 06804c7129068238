import { type Expr, mapOperands, type Type } from "../../ir/index.js";
import { convert, type InferContext, isConstNumber, OPS, ownDType } from "../../ops/index.js";
import { foldExpression } from "../fold-constants.js";

/** The scalar a constant becomes where it is no size and no longer a choice. */
export const scalarOf = (type: Type): Type =>
  isConstNumber(type) ? { kind: "tile", dtype: ownDType(type), shape: [], pointer: false } : type;

/**
 * An expression without constants: literals get their own dtype, and what depends on the variable of a loop that was not unrolled
 * is computed as the program runs.
 */
export function decayConstants(expr: Expr, context: InferContext): Expr {
  if (expr.kind === "op" && expr.attrs.implicit && expr.args.x!.type.kind === "const") return implicit(expr, context);
  const inner = mapOperands(expr, (operand) => decayConstants(operand, context));
  if (!isConstNumber(expr.type)) return inner;
  if (inner.kind === "literal") return convert(inner, ownDType(expr.type), context) ?? inner;
  if (inner.kind === "ref") return { ...inner, type: scalarOf(inner.type) };
  if (inner.kind !== "op") return inner;
  return OPS.get(inner.op)!.infer(inner, context) ?? inner;
}

/** The conversion of a constant: needless where the scalar has the dtype already. */
function implicit(cast: Extract<Expr, { kind: "op" }>, context: InferContext): Expr {
  const given = cast.args.x!;
  // A number that is known only now may not fit what it meets.
  if (given.kind === "literal" && cast.type.kind === "tile")
    return convert(given, cast.type.dtype, context) ?? decayConstants(given, context);
  const x = decayConstants(given, context);
  const same = x.type.kind === "tile" && cast.type.kind === "tile" && x.type.dtype === cast.type.dtype;
  return same ? x : foldExpression({ ...cast, args: { x } });
}

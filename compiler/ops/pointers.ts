import * as problems from "../diagnostics/catalogue/types.js";
import type { Expr } from "../ir/index.js";
import { operatorText } from "./broadcast.js";
import type { Call, InferContext } from "./op.js";

/** Reports arithmetic that a pointer has no part in. */
export const pointerProblem = (call: Call, a: Expr, b: Expr, context: InferContext): null =>
  context.fail(
    problems.pointerArithmetic(call.span, { op: operatorText(call.op), a: a.type, b: b.type }, context.origins(a, b)),
  );

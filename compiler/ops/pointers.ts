import * as problems from "../diagnostics/catalogue/types.js";
import { type DType, type Expr, pointer } from "../ir/index.js";
import { dtypeOf } from "./attrs.js";
import { operatorText } from "./broadcast.js";
import { shapeOf } from "./convert.js";
import type { Call, InferContext, Op } from "./op.js";
import { call, method } from "./python.js";
import { dtypeText } from "./python-values.js";

/** Reports arithmetic that a pointer has no part in. */
export const pointerProblem = (call: Call, a: Expr, b: Expr, context: InferContext): null =>
  context.fail(
    problems.pointerArithmetic(call.span, { op: operatorText(call.op), a: a.type, b: b.type }, context.origins(a, b)),
  );

/** The memory at an address that a launch has put into memory, as `buffer.address` says it. */
const toPointer: Op = {
  name: "toPointer",
  params: { address: "operand", dtype: "dtype" },
  infer(source, context) {
    const address = source.args.address!;
    const dtype = dtypeOf(source, context);
    if (!dtype) return null;
    const { type } = address;
    if (type.kind !== "tile" || type.pointer || (type.dtype !== "i64" && type.dtype !== "u64"))
      return context.fail(problems.notAnAddress(address.span, { type }, context.origins(address)));
    const made = pointer(dtype, shapeOf(type));
    return { kind: "op", op: "toPointer", args: { address }, attrs: { dtype }, type: made, span: source.span };
  },
  emit: ({ address }, { attrs }) =>
    method(address!, "to", [call("tl.pointer_type", [dtypeText(attrs.dtype as DType)])]),
};

export const POINTERS: readonly Op[] = [toPointer];

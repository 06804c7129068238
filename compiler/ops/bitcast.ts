import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPES, type DType, tile } from "../ir/index.js";
import { dtypeOf } from "./attrs.js";
import { decay, isNumbers, isOperand } from "./convert.js";
import { evaluateElements } from "./evaluate.js";
import type { Op } from "./op.js";
import * as p from "./primitives.js";
import { method } from "./python.js";
import { dtypeText, materialize } from "./python-values.js";

/** The same bits under a dtype of the same size. */
export const bitcast: Op = {
  name: "bitcast",
  params: { x: "operand", dtype: "dtype" },
  infer(source, context) {
    const dtype = dtypeOf(source, context);
    const given = source.args.x!;
    if (!dtype) return null;
    if (!isOperand(given.type))
      return context.fail(problems.cannotConvert(source.span, { from: given.type, to: dtype }, context.origins(given)));
    const x = decay(given, context);
    if (!x || !isNumbers(x.type)) return null;
    // A bool has one bit, which takes a byte only in memory.
    if (DTYPES[x.type.dtype].bytes !== DTYPES[dtype].bytes || (x.type.dtype === "bool") !== (dtype === "bool"))
      return context.fail(problems.bitcastSize(source.span, { from: x.type, to: dtype }, context.origins(given)));
    return {
      kind: "op",
      op: "bitcast",
      args: { x },
      attrs: { dtype },
      type: tile(dtype, x.type.shape),
      span: source.span,
    };
  },
  emit: ({ x }, { args, attrs }) =>
    method(materialize(x!, args.x!.type), "to", [dtypeText(attrs.dtype as DType)], { bitcast: "True" }),
  evaluate: (args, node) => evaluateElements(["x"], (x) => p.bitcast(x, node.attrs.dtype as DType), args, node),
};

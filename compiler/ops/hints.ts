import * as problems from "../diagnostics/catalogue/types.js";
import { type Expr, VOID } from "../ir/index.js";
import { dims, quoted } from "./attrs.js";
import { convert, isBool, shapeOf } from "./convert.js";
import type { Call, InferContext, Op } from "./op.js";
import { call, list } from "./python.js";
import { dimPy } from "./python-values.js";

/** A promise about the numbers of a tile, along its last axis or one for each; the value passes through. */
const promise = (name: string, python: string): Op => ({
  name,
  cost: 0,
  params: { x: "operand", n: "size" },
  infer(source, context) {
    const x = source.args.x!;
    // Triton takes a multiple of a scalar, and nothing of its neighbours.
    if (x.type.kind !== "tile" || (name !== "multipleOf" && x.type.shape.length === 0))
      return context.fail(problems.needsTile(x.span, { op: name, type: x.type }, context.origins(x)));
    const given = dims(source.attrs.n);
    const rank = Math.max(1, x.type.shape.length);
    const value = given.length === 1 ? [...new Array<number>(rank - 1).fill(1), given[0]!] : given;
    if (value.length !== rank)
      return context.fail(
        problems.needsTile(source.span, {
          op: `${name} with ${value.length} numbers`,
          type: x.type,
          rank: `rank ${value.length}`,
        }),
      );
    return { kind: "op", op: name, args: { x }, attrs: { n: value }, type: x.type, span: source.span };
  },
  emit: ({ x }, { attrs }) => {
    const values = dims(attrs.n).map((value) => dimPy(value));
    return call(python, [x!, values.length === 1 ? values[0]! : list(values)]);
  },
  evaluate: ({ x }) => x!,
});

/** The condition operand as one boolean; null after a problem. */
function condition(source: Call, context: InferContext): Expr | null {
  const given = source.args.condition!;
  if (shapeOf(given.type).length > 0)
    return context.fail(
      problems.tileCondition(given.span, { statement: source.op, type: given.type }, context.origins(given)),
    );
  const { type } = given;
  return isBool(type)
    ? given
    : context.fail(problems.conditionNotBool(given.span, { statement: source.op, type }, context.origins(given)));
}

/** Lets the compiler rely on a condition. */
const assume: Op = {
  name: "assume",
  params: { condition: "operand" },
  effect: true,
  infer(source, context) {
    const given = condition(source, context);
    const bool = given && convert(given, "bool", context);
    return bool && { kind: "op", op: "assume", args: { condition: bool }, attrs: {}, type: VOID, span: source.span };
  },
  emit: ({ condition: given }) => call("tl.assume", [given!]),
};

/** Judged when the constants have values: `specialize` reports one that does not hold. */
const staticAssert: Op = {
  name: "staticAssert",
  params: { condition: "operand", message: "text" },
  effect: true,
  infer(source, context) {
    const given = condition(source, context);
    if (!given) return null;
    if (given.type.kind !== "const") {
      const facts = { what: "the condition of staticAssert", type: given.type, want: "a boolean" };
      return context.fail(problems.literalKind(given.span, facts, context.origins(given)));
    }
    const attrs = { message: String(source.attrs.message ?? "") };
    return { kind: "op", op: "staticAssert", args: { condition: given }, attrs, type: VOID, span: source.span };
  },
  emit: ({ condition: given }, { attrs }) => call("tl.static_assert", [given!, quoted(attrs.message)!]),
};

export const HINTS: readonly Op[] = [
  promise("multipleOf", "tl.multiple_of"),
  promise("maxContiguous", "tl.max_contiguous"),
  promise("maxConstancy", "tl.max_constancy"),
  assume,
  staticAssert,
];

import * as problems from "../diagnostics/catalogue/types.js";
import { dimChoose, dimEquals, type Expr, operands, type Type } from "../ir/index.js";
import { broadcastAll, sameShape } from "./broadcast.js";
import {
  type ConstType,
  commonDType,
  constantDim,
  convert,
  convertAll,
  isBool,
  isConstNumber,
  isOperand,
  isPointer,
  shapeOf,
  type TileType,
} from "./convert.js";
import { evaluateElements } from "./evaluate.js";
import type { Call, InferContext, Op, OpNode } from "./op.js";
import * as p from "./primitives.js";
import { call, infix, LEVEL, py } from "./python.js";
import { materialize, settle, ternary } from "./python-values.js";
import type { TileValue } from "./value.js";

/** Two values in one dtype; pointers must be of one dtype already. Null after a problem. */
function unify(source: Call, a: Expr, b: Expr, context: InferContext): readonly Expr[] | null {
  if (isPointer(a.type) && isPointer(b.type) && a.type.dtype === b.type.dtype) return [a, b];
  for (const operand of [a, b])
    if (!isOperand(operand.type))
      return context.fail(
        problems.notNumbers(
          operand.span,
          { op: source.op === "select" ? "?:" : "where", type: operand.type },
          context.origins(operand),
        ),
      );
  return convertAll([a, b], commonDType([a.type as TileType | ConstType, b.type as TileType | ConstType]), context);
}

/** Chooses per element. */
export const where: Op = {
  name: "where",
  params: { condition: "operand", a: "operand", b: "operand" },
  elements: ["condition", "a", "b"],
  meaning: () => p.where,
  infer(source, context) {
    const { condition, a, b } = source.args as { condition: Expr; a: Expr; b: Expr };
    if (!isBool(condition.type))
      return context.fail(
        problems.needsBool(condition.span, { op: "where", type: condition.type }, context.origins(condition)),
      );
    const values = unify(source, a, b, context);
    const chooser = convert(condition, "bool", context);
    if (!values || !chooser) return null;
    const shape = broadcastAll(source, [chooser, ...values], context);
    if (!shape) return null;
    const type: Type = { ...(values[0]!.type as TileType), shape };
    return {
      kind: "op",
      op: "where",
      args: { condition: chooser, a: values[0]!, b: values[1]! },
      attrs: {},
      type,
      span: source.span,
    };
  },
  emit: ({ condition, a, b }, { args }) => {
    const first = a!.weak && b!.weak ? settle(a!, args.a!.type) : a!;
    return call("tl.where", [settle(condition!, args.condition!.type), first, b!]);
  },
  evaluate: (args, node) => evaluateElements(where.elements!, p.where, args, node),
};

/** `c ? a : b` on one condition for the whole program; a constant condition picks its branch when the kernel is specialized. */
export const select: Op = {
  name: "select",
  infer(source, context) {
    const { condition, a, b } = source.args as { condition: Expr; a: Expr; b: Expr };
    if (shapeOf(condition.type).length > 0)
      return context.fail(
        problems.tileCondition(condition.span, { statement: "?:", type: condition.type }, context.origins(condition)),
      );
    if (!isBool(condition.type))
      return context.fail(
        problems.conditionNotBool(
          condition.span,
          { statement: "?:", type: condition.type },
          context.origins(condition),
        ),
      );
    const kept = constantChoice(condition, a, b);
    if (kept) return { kind: "op", op: "select", args: { condition, a, b }, attrs: {}, type: kept, span: source.span };
    const values = unify(source, a, b, context);
    if (!values) return null;
    const [left, right] = values as [Expr, Expr];
    if (!sameShape(shapeOf(left.type), shapeOf(right.type)))
      return context.fail(problems.selectBranches(source.span, { a: left.type, b: right.type }, context.origins(a, b)));
    return {
      kind: "op",
      op: "select",
      args: { condition, a: left, b: right },
      attrs: {},
      type: left.type,
      span: source.span,
    };
  },
  emit: ({ condition, a, b }, { args, type }) => {
    // Where a parameter is left out the condition of an `if` must be Python's own False, so that Triton does not compile what it rules out.
    const settled =
      asksForGiven(args.condition!) && [args.a, args.b].some((one) => one!.kind === "literal" && isBool(one!.type));
    if (settled) return { ...ternary(condition!, a!, b!), weak: true };
    // Python's number would be what the choice gives where it is taken.
    const [left, right] =
      type.kind === "const" ? [a!, b!] : [materialize(a!, args.a!.type), materialize(b!, args.b!.type)];
    return { ...ternary(condition!, left, right), weak: type.kind === "const" };
  },
  evaluate: ({ condition, a, b }): TileValue => (condition!.data[0] ? a! : b!),
};

/** The constant that a choice of constants by a constant gives; null where it gives a scalar or a tile. */
function constantChoice(condition: Expr, a: Expr, b: Expr): Type | null {
  if (condition.type.kind !== "const" || a.type.kind !== "const" || b.type.kind !== "const") return null;
  if (a.type.of === b.type.of) {
    const [asked, left, right] = [condition, a, b].map(constantDim);
    if (a.type.of === "float" || a.type.of === "string" || left === undefined || right === undefined)
      return { kind: "const", of: a.type.of };
    if (dimEquals(left, right)) return { kind: "const", of: a.type.of, dim: left };
    return asked === undefined
      ? { kind: "const", of: a.type.of }
      : { kind: "const", of: a.type.of, dim: dimChoose(asked, left, right) };
  }
  const mixed = isConstNumber(a.type) && isConstNumber(b.type) && a.type.of !== "bool" && b.type.of !== "bool";
  return mixed ? { kind: "const", of: "float" } : null;
}

/** What decides which function is called, in a draft: inference leaves the condition alone, which must be a constant. */
const decides: Op = {
  name: "decides",
  infer({ args: { x }, span }, context) {
    const isKnown = x!.type.kind === "const" && x!.type.of === "bool";
    return isKnown ? x! : context.fail(problems.decidedTooLate(span, undefined, context.origins(x!)));
  },
  emit: ({ x }) => x!,
};

/** Whether a launch gives an optional parameter of the kernel: each build is for launches that do, or for those that do not. */
const asked = (name: string, python: string): Op => ({
  name,
  infer: ({ op, args, span }) => ({ kind: "op", op, args, attrs: {}, type: { kind: "const", of: "bool" }, span }),
  emit: ({ x }) => infix(x!, python, py("None"), LEVEL.comparison),
});

export const CHOICE: readonly Op[] = [where, select, decides, asked("isGiven", "is not"), asked("isLeftOut", "is")];

/** Whether an expression asks for an optional parameter. */
export const asksForGiven = (expr: Expr): boolean =>
  expr.kind === "op" && (isQuestion(expr) || operands(expr).some(asksForGiven));

export const isQuestion = ({ op }: OpNode): boolean => op === "isGiven" || op === "isLeftOut";

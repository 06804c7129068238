import * as problems from "../diagnostics/catalogue/types.js";
import { DTYPE_NAMES, type DType, type Expr, isFloat8, isInteger, isNarrow, tile, VOID } from "../ir/index.js";
import { checkChoices, pick, quoted } from "./attrs.js";
import { sameShape } from "./broadcast.js";
import { convert, isOperand, shapeOf, type TileType } from "./convert.js";
import { maskOperand, pointerOperand, present, valueOperand } from "./memory.js";
import type { Args, Call, InferContext, Op } from "./op.js";
import { call } from "./python.js";
import { materialize } from "./python-values.js";

const WHOLE: readonly DType[] = DTYPE_NAMES.filter((dtype) => isInteger(dtype) && !isNarrow(dtype));
const WORDS: readonly DType[] = DTYPE_NAMES.filter((dtype) => dtype !== "bool" && !isFloat8(dtype));
const SCOPE = ["gpu", "cta", "sys"];
const ORDER = { sem: ["acquire", "release", "acq_rel", "relaxed"], scope: SCOPE };
const READING = { sem: ["acquire", "relaxed"], scope: SCOPE };
const WRITING = { sem: ["release", "relaxed"], scope: SCOPE };

/** The pointer, of a dtype the hardware has this operation for; null after a problem. */
function atomicPointer(source: Call, allowed: readonly DType[], context: InferContext): Expr | null {
  const ptr = pointerOperand(source, context);
  if (!ptr) return null;
  const { dtype } = ptr.type as TileType;
  if (allowed.includes(dtype)) return ptr;
  return context.fail(problems.lacksDType(source.span, { op: source.op, dtype, allowed }, context.origins(ptr)));
}

const order = (attrs: Call["attrs"]): Record<string, string | undefined> => ({
  sem: quoted(attrs.sem),
  scope: quoted(attrs.scope),
});

type Touching = Pick<Op, "reads" | "writes" | "effect" | "orders" | "whole">;

/** An op on the words that pointers name, masked; with a value that goes there, and with what was there as its result. */
const access = (
  name: string,
  python: string,
  allowed: readonly DType[],
  choice: typeof ORDER,
  { takes, gives, ...touching }: Touching & { readonly takes: boolean; readonly gives: boolean },
): Op => ({
  name,
  params: { ptr: "operand", ...(takes && { value: "operand" }) },
  options: { mask: "operand", sem: "text", scope: "text" },
  ...touching,
  infer(source, context) {
    const choices = checkChoices(source, choice, context);
    const ptr = atomicPointer(source, allowed, context);
    const value = takes ? ptr && valueOperand("value", source.args.value!, ptr, context) : undefined;
    const mask = ptr && maskOperand(source, ptr, context);
    if (!ptr || value === null || mask === null || !choices) return null;
    return {
      kind: "op",
      op: name,
      args: present({ ptr, value, mask }),
      attrs: pick(source.attrs, ["sem", "scope"]),
      type: gives ? { ...(ptr.type as TileType), pointer: false } : VOID,
      span: source.span,
    };
  },
  emit: ({ ptr, value, mask }, { args, attrs }) =>
    call(python, value ? [ptr!, value] : [ptr!], { mask: mask && materialize(mask, args.mask!.type), ...order(attrs) }),
});

/** Combines a value with memory in one step and gives the old one. */
const atomic = (name: string, python: string, allowed: readonly DType[]): Op =>
  access(name, python, allowed, ORDER, { takes: true, gives: true, writes: "ptr", whole: true });

/** Triton stretches no operand of this op. */
function stretched(operand: Expr, ptr: Expr): Expr {
  const { shape } = ptr.type as TileType;
  const { dtype, shape: given } = operand.type as TileType;
  if (sameShape(given, shape)) return operand;
  const [op, args] = given.length === 0 ? ["full", { value: operand }] : ["broadcastTo", { x: operand }];
  return {
    kind: "op",
    op: op!,
    args: args as Args,
    attrs: { shape, dtype },
    type: tile(dtype, shape),
    span: operand.span,
  };
}

const atomicCas: Op = {
  name: "atomicCas",
  params: { ptr: "operand", compare: "operand", value: "operand" },
  options: { sem: "text", scope: "text" },
  writes: "ptr",
  whole: true,
  infer(source, context) {
    const choices = checkChoices(source, ORDER, context);
    const ptr = atomicPointer(source, WHOLE, context);
    const compare = ptr && valueOperand("compare", source.args.compare!, ptr, context);
    const value = ptr && valueOperand("value", source.args.value!, ptr, context);
    if (!compare || !value || !choices) return null;
    return {
      kind: "op",
      op: "atomicCas",
      args: { ptr, compare: stretched(compare, ptr), value: stretched(value, ptr) },
      attrs: pick(source.attrs, ["sem", "scope"]),
      type: { ...(ptr.type as TileType), pointer: false },
      span: source.span,
    };
  },
  emit: ({ ptr, compare, value }, { args, attrs }) =>
    call(
      "tl.atomic_cas",
      [ptr!, materialize(compare!, args.compare!.type), materialize(value!, args.value!.type)],
      order(attrs),
    ),
};

const atomicLoad = access("atomicLoad", "tl.atomic_load", WORDS, READING, {
  ...{ takes: false, gives: true },
  ...{ reads: "ptr", effect: true, orders: true, whole: true },
});

const atomicStore = access("atomicStore", "tl.atomic_store", WORDS, WRITING, {
  ...{ takes: true, gives: false },
  ...{ writes: "ptr", orders: true },
});

/** A number of nanoseconds; null after a problem. */
function nanoseconds(given: Expr, source: Call, context: InferContext): Expr | null {
  const { type, span } = given;
  const what = `timeoutNs of ${source.op}`;
  const whole = type.kind === "const" ? type.of === "int" : isOperand(type) && isInteger(type.dtype);
  if (!whole) return context.fail(problems.needsInteger(span, { op: what, type }, context.origins(given)));
  if (shapeOf(type).length > 0)
    return context.fail(problems.tileCondition(span, { statement: what, type }, context.origins(given)));
  if (given.kind === "literal" && Number(given.value) < 0)
    return context.fail(problems.negativeTime(span, { value: String(given.value) }));
  return convert(given, "i64", context);
}

const atomicPoll: Op = {
  name: "atomicPoll",
  params: { ptr: "operand", expected: "operand" },
  options: { sem: "text", scope: "text", timeoutNs: "operand" },
  reads: "ptr",
  effect: true,
  orders: true,
  whole: true,
  infer(source, context) {
    const choices = checkChoices(source, READING, context);
    const ptr = atomicPointer(source, [...WHOLE, "i16"], context);
    const expected = ptr && valueOperand("expected", source.args.expected!, ptr, context);
    const given = source.args.timeoutNs;
    const timeoutNs = given && nanoseconds(given, source, context);
    if (!expected || timeoutNs === null || !choices) return null;
    return {
      kind: "op",
      op: "atomicPoll",
      args: present({ ptr, expected, timeoutNs }),
      attrs: pick(source.attrs, ["sem", "scope"]),
      type: tile("bool", shapeOf(ptr.type)),
      span: source.span,
    };
  },
  emit: ({ ptr, expected, timeoutNs }, { args, attrs }) =>
    call("tl.atomic_poll", [ptr!, expected!], {
      ...order(attrs),
      timeout_ns: timeoutNs && materialize(timeoutNs, args.timeoutNs!.type),
    }),
};

export const ATOMICS: readonly Op[] = [
  atomic("atomicAdd", "tl.atomic_add", [...WHOLE, "f16", "bf16", "f32", "f64"]),
  atomic("atomicMax", "tl.atomic_max", [...WHOLE, "f32", "f64"]),
  atomic("atomicMin", "tl.atomic_min", [...WHOLE, "f32", "f64"]),
  atomic("atomicAnd", "tl.atomic_and", WHOLE),
  atomic("atomicOr", "tl.atomic_or", WHOLE),
  atomic("atomicXor", "tl.atomic_xor", WHOLE),
  atomic("atomicExchange", "tl.atomic_xchg", [...WHOLE, "f32", "f64"]),
  atomicCas,
  atomicLoad,
  atomicStore,
  atomicPoll,
];

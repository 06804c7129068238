import * as problems from "../diagnostics/catalogue/types.js";
import { dimAdd, dimMul, dimOp, dimSub, type Expr, isFloat, isInteger } from "../ir/index.js";
import { flagPy } from "./attrs.js";
import { broadcastAll, operatorText } from "./broadcast.js";
import { decay, isNumbers, isOperand, isPointer } from "./convert.js";
import { arithmetic, type DTypeRule, elementwise, floating, integers } from "./elementwise.js";
import type { Call, InferContext, Op } from "./op.js";
import { pointerProblem } from "./pointers.js";
import type { Meaning, Term } from "./primitives.js";
import * as p from "./primitives.js";
import { call, infix, LEVEL, method, type Py, prefix, py } from "./python.js";
import { dtypeText, materialize, numberText, ternary } from "./python-values.js";

const symbol =
  (operator: string, level: number) =>
  ([a, b]: readonly Py[]): Py =>
    infix(a!, operator, b!, level);

/** `+` and `-` move a pointer where one operand is one. */
function movingPointers(op: Op, sign: 1 | -1): Op {
  return {
    ...op,
    infer(source, context) {
      const { a, b } = source.args as { a: Expr; b: Expr };
      if (!isPointer(a.type) && !isPointer(b.type)) return op.infer(source, context);
      const [ptr, offset] = isPointer(a.type) ? [a, b] : [b, a];
      if (isPointer(offset.type) || (sign === -1 && ptr === b)) return pointerProblem(source, a, b, context);
      const moved = sign === 1 ? offset : negated(offset, source, context);
      return moved && addPtr.infer({ ...source, op: "addPtr", args: { ptr, offset: moved } }, context);
    },
  };
}

const negated = (offset: Expr, source: Call, context: InferContext): Expr | null =>
  isOperand(offset.type)
    ? neg.infer({ op: "neg", args: { x: offset }, attrs: {}, span: source.span }, context)
    : offset;

export const neg = elementwise({
  name: "neg",
  operands: ["x"],
  operator: true,
  rule: arithmetic,
  constant: { of: "same", dim: (x) => dimMul(-1, x) },
  emit: ([x]) => prefix("-", x!),
  meaning: p.neg,
});

export const add = movingPointers(
  elementwise({
    name: "add",
    operands: ["a", "b"],
    operator: true,
    rule: arithmetic,
    constant: { of: "same", dim: dimAdd },
    emit: symbol("+", LEVEL.sum),
    meaning: p.add,
  }),
  1,
);

export const sub = movingPointers(
  elementwise({
    name: "sub",
    operands: ["a", "b"],
    operator: true,
    rule: arithmetic,
    constant: { of: "same", dim: dimSub },
    emit: symbol("-", LEVEL.sum),
    meaning: p.sub,
  }),
  -1,
);

export const mul = elementwise({
  name: "mul",
  operands: ["a", "b"],
  operator: true,
  rule: arithmetic,
  constant: { of: "same", dim: dimMul },
  emit: symbol("*", LEVEL.product),
  meaning: p.mul,
});

const floatDivision: DTypeRule = (source, operands, context) => {
  const isWhole = (type: (typeof operands)[number]): boolean =>
    type.kind === "const" ? type.of !== "float" : !isFloat(type.dtype);
  if (operands.every(isWhole)) {
    const { a, b } = source.args as { a: Expr; b: Expr };
    return context.fail(problems.integerDivision(source.span, { a: a.type, b: b.type }, context.origins(a, b)));
  }
  return arithmetic(source, operands, context);
};

/** Floats only. Triton divides f16 and bf16 in f32 and leaves the quotient there. */
export const div = elementwise({
  name: "div",
  cost: 4,
  operands: ["a", "b"],
  operator: true,
  rule: floatDivision,
  constant: { of: "float" },
  emit: ([a, b], { type }) => {
    const quotient = infix(a!, "/", b!, LEVEL.product);
    return type.kind === "tile" && (type.dtype === "f16" || type.dtype === "bf16")
      ? method(quotient, "to", [dtypeText(type.dtype)])
      : quotient;
  },
  meaning: p.div,
});

/** Integers that are divided by what is surely 0 give no integer. */
const dividing = (spec: Parameters<typeof elementwise>[0]): Op => ({
  ...elementwise({ ...spec, constants: { isDefined: (_, b) => b !== 0 } }),
  check({ op, args, span }, context) {
    const { b } = args;
    if (b?.kind === "literal" && Number(b.value) === 0)
      context.fail(problems.noInteger(span, { op: operatorText(op) }));
  },
});

/** Rounds toward zero, as the hardware does. Python rounds down. */
export const floorDiv = dividing({
  name: "floorDiv",
  cost: 20,
  operands: ["a", "b"],
  rule: integers({ dividing: true }),
  constant: { of: "int", dim: (a, b) => dimOp("//", a, b) },
  emit: symbol("//", LEVEL.product),
  constantName: "truncated_div",
  meaning: p.div,
});

/** Rounds up, whatever the signs. */
export const cdiv = dividing({
  name: "cdiv",
  cost: 20,
  operands: ["a", "b"],
  rule: integers({ dividing: true }),
  constant: { of: "int", dim: (a, b) => dimOp("cdiv", a, b) },
  emit: (operands) => call("ceil_div", operands),
  needs: ["ceil_div"],
  constantName: "ceiling_div",
  // Toward zero, and one more where that was down: where a remainder is left that has the divisor's sign.
  meaning: (a, b) => {
    const rest = p.mod(a, b);
    const isUp = p.and(p.ne(rest, 0), p.eq(p.gt(rest, 0), p.gt(b, 0)));
    return p.add(p.div(a, b), p.cast(isUp, a.dtype));
  },
});

/** The remainder of a division that rounds toward zero: it has the sign of a. */
export const mod = dividing({
  name: "mod",
  cost: 20,
  operands: ["a", "b"],
  rule: integers({ dividing: true }),
  constant: { of: "int", dim: (a, b) => dimOp("%", a, b) },
  emit: symbol("%", LEVEL.product),
  constantName: "truncated_mod",
  meaning: p.mod,
});

const NAN = numberText(Number.NaN, true).text;

function propagation(flag: Py | string | undefined): Py | undefined {
  const [all, none] = [py("tl.PropagateNan.ALL"), py("tl.PropagateNan.NONE")];
  if (typeof flag === "object") return ternary(flag, all, none);
  return flag === undefined ? undefined : all;
}

const extreme = (name: string, python: "min" | "max", meaning: Meaning, keepingNan: Meaning): Op =>
  elementwise({
    name,
    operands: ["a", "b"],
    options: { propagateNan: "flag" },
    rule: arithmetic,
    constant: { of: "same", dim: (a, b) => dimOp(python, a, b) },
    emit: (operands, { attrs }) =>
      call(`tl.${name}`, operands, { propagate_nan: propagation(flagPy(attrs.propagateNan)) }),
    // Python's own would compare NaN, which Triton refuses.
    emitConstant: ([a, b]) => (a!.text === NAN ? b! : b!.text === NAN ? a! : call(python, [a!, b!])),
    meaning,
    keepingNan,
  });

/** NaN loses against a number, unless propagateNan is set. */
export const minimum = extreme("minimum", "min", p.minimum, p.minimumNan);
export const maximum = extreme("maximum", "max", p.maximum, p.maximumNan);

/** A product of two f32 is exact in f64. Their sum's error decides where the sum lies in the middle between two f32. */
function fused(a: Term, b: Term, c: Term): Term {
  if (a.dtype === "f64") return p.call("fma", a, b, c);
  const [x, y, addend] = [a, b, c].map((one) => p.cast(one, "f64")) as [Term, Term, Term];
  const product = p.mul(x, y);
  const sum = p.add(product, addend);
  const other = p.sub(sum, product);
  const error = p.add(p.sub(product, p.sub(sum, other)), p.sub(addend, other));
  return p.cast(toOdd(sum, error), a.dtype);
}

/** A sum as it would be if it were rounded to odd: rounding it once more then gives what rounding the exact sum once gives. */
function toOdd(sum: Term, error: Term): Term {
  const [bits, rest] = [p.bitcast(sum, "i64"), p.bitcast(error, "i64")];
  const magnitude = p.abs(error);
  // No error, or none that is a number: of an infinity or a NaN.
  const isRest = p.and(p.gt(magnitude, 0), p.lt(magnitude, Number.POSITIVE_INFINITY));
  const isEven = p.eq(p.and(bits, 1), 0);
  const isAway = p.lt(p.xor(bits, rest), 0);
  const moved = p.add(bits, p.where(p.and(isRest, isEven), p.where(isAway, p.number(-1, "i64"), 1), 0));
  return p.bitcast(moved, "f64");
}

/** a · b + c with one rounding. */
export const fma = elementwise({
  name: "fma",
  operands: ["a", "b", "c"],
  rule: floating,
  emit: (operands) => call("tl.fma", operands),
  meaning: fused,
});

export const clamp = elementwise({
  name: "clamp",
  operands: ["x", "low", "high"],
  options: { propagateNan: "flag" },
  rule: arithmetic,
  emit: ([x, low, high], { type, args, attrs }) => {
    if (type.kind !== "tile" || !isInteger(type.dtype))
      return call("tl.clamp", [x!, low!, high!], { propagate_nan: propagation(flagPy(attrs.propagateNan)) });
    // Two numbers alone would be compared in dtypes of their own.
    const given = x!.weak && low!.weak ? materialize(x!, args.x!.type) : x!;
    return call("tl.minimum", [call("tl.maximum", [given, low!]), high!]);
  },
  meaning: (x, low, high) => p.minimum(p.maximum(x, low), high),
  keepingNan: (x, low, high) => p.minimumNan(p.maximumNan(x, low), high),
});

/** A pointer moved by a number of elements. */
export const addPtr: Op = {
  name: "addPtr",
  infer(source, context) {
    const { ptr, offset } = source.args as { ptr: Expr; offset: Expr };
    const integral =
      (isNumbers(offset.type) && isInteger(offset.type.dtype)) ||
      (offset.type.kind === "const" && offset.type.of === "int");
    if (!isPointer(ptr.type) || !integral) return pointerProblem(source, ptr, offset, context);
    const whole = decay(offset, context);
    const shape = whole && broadcastAll(source, [ptr, whole], context);
    if (!shape) return null;
    return {
      kind: "op",
      op: "addPtr",
      args: { ptr, offset: whole },
      attrs: {},
      type: { ...ptr.type, shape },
      span: source.span,
    };
  },
  // `p + (a + b)` and `p + a + b` are the same address, and people write the latter; but an offset of i32 must not be
  // added up in 64 bits, so the parentheses stay. A subtraction was turned into an addition and is turned back here.
  emit: ({ ptr, offset }, node) => {
    const moved = node.args.offset!;
    if (moved.kind === "op" && moved.op === "neg" && offset!.text.startsWith("-") && offset!.level === LEVEL.unary)
      return infix(ptr!, "-", { ...offset!, text: offset!.text.slice(1), level: LEVEL.unary }, LEVEL.sum);
    return infix(ptr!, "+", offset!, LEVEL.sum);
  },
};

export const ARITHMETIC: readonly Op[] = [
  neg,
  add,
  sub,
  mul,
  div,
  floorDiv,
  cdiv,
  mod,
  minimum,
  maximum,
  fma,
  clamp,
  addPtr,
];

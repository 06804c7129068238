import type { DType } from "../../../ir/index.js";
import { call, f32, f32x4, type Instruction, i8x16, i32x4, i64x2, VECTORS, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { erf, exp, exp2, log, log2, sigmoid, tanh } from "../math/exponential.js";
import { cos, sin } from "../math/trigonometric.js";
import { type Emit, fitVector, isFloat, isUnsigned } from "./operands.js";

const lanesOf = (dtype: DType): "f32x4" | "i32x4" => (isFloat(dtype) ? "f32x4" : "i32x4");

const arithmetic =
  (name: "add" | "sub" | "mul"): Emit =>
  (op, a, b) =>
    fitVector(op, VECTORS[lanesOf(op.dtype)][name](a!, b!));

const bits =
  (name: "and" | "or" | "xor"): Emit =>
  (_op, a, b) =>
    v128[name](a!, b!);

const compare =
  (name: "lt" | "le" | "gt" | "ge"): Emit =>
  (op, a, b) => {
    if (isFloat(op.from)) return f32x4[name](a!, b!);
    return i32x4[`${name}_${isUnsigned(op.from) ? "u" : "s"}`](a!, b!);
  };

const equal =
  (name: "eq" | "ne"): Emit =>
  (op, a, b) =>
    VECTORS[lanesOf(op.from)][name](a!, b!);

/** Of a number and a NaN the number: pmin and pmax give their first operand when the comparison fails, so a NaN there is replaced before. */
const extremum =
  (name: "min" | "max"): Emit =>
  (op, a, b) => {
    const { fb } = op;
    if (!isFloat(op.dtype)) return i32x4[`${name}_${isUnsigned(op.dtype) ? "u" : "s"}`](a!, b!);
    const x = fb.hold("v128", a!);
    const y = fb.hold("v128", b!);
    const number = v128.bitselect(fb.get(x), fb.get(y), f32x4.eq(fb.get(x), fb.get(x)));
    return f32x4[`p${name}`](number, fb.get(y));
  };

const propagating =
  (name: "min" | "max"): Emit =>
  (op, a, b) =>
    isFloat(op.dtype) ? f32x4[name](a!, b!) : extremum(name)(op, a!, b!);

const transcendental =
  (routine: (module: ModuleBuilder) => string): Emit =>
  (op, x) =>
    fitVector(op, call(routine(op.module), x!));

const one = (_op: Parameters<Emit>[0]): Instruction => f32x4.splat(f32.const(1));

/** Bytes of the upper words of four numbers of 64 bits in two vectors. */
const UPPER_WORDS = [4, 12, 20, 28].flatMap((at) => [at, at + 1, at + 2, at + 3]);

/**
 * What each op computes for four lanes. An op of the scalar table that is missing here is done lane by lane; shifts take their amount as
 * a scalar and are handled by `emit/vector.ts`.
 */
export const VECTOR_OPS: Readonly<Record<string, Emit>> = {
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  div: (op, a, b) => fitVector(op, f32x4.div(a!, b!)),
  neg: (op, x) => (isFloat(op.dtype) ? f32x4.neg(x!) : fitVector(op, i32x4.neg(x!))),
  minimum: extremum("min"),
  maximum: extremum("max"),
  minimumNan: propagating("min"),
  maximumNan: propagating("max"),
  and: bits("and"),
  or: bits("or"),
  not: (_op, x) => v128.not(x!),
  bitAnd: bits("and"),
  bitOr: bits("or"),
  bitXor: bits("xor"),
  bitNot: (op, x) => (op.dtype === "bool" ? v128.not(x!) : fitVector(op, v128.not(x!))),
  eq: equal("eq"),
  ne: equal("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
  where: (_op, condition, a, b) => v128.bitselect(a!, b!, condition!),
  exp: transcendental(exp),
  exp2: transcendental(exp2),
  log: transcendental(log),
  log2: transcendental(log2),
  sin: transcendental(sin),
  cos: transcendental(cos),
  tanh: transcendental(tanh),
  erf: transcendental(erf),
  sigmoid: transcendental(sigmoid),
  sqrt: (op, x) => fitVector(op, f32x4.sqrt(x!)),
  rsqrt: (op, x) => fitVector(op, f32x4.div(one(op), f32x4.sqrt(x!))),
  abs: (op, x) => (isFloat(op.dtype) ? f32x4.abs(x!) : isUnsigned(op.dtype) ? x! : fitVector(op, i32x4.abs(x!))),
  floor: (_op, x) => f32x4.floor(x!),
  ceil: (_op, x) => f32x4.ceil(x!),
  umulhi: (op, a, b) => {
    const { fb } = op;
    const [x, y] = [fb.hold("v128", a!), fb.hold("v128", b!)];
    const low = i64x2.extmul_low_i32x4_u(fb.get(x), fb.get(y));
    const high = i64x2.extmul_high_i32x4_u(fb.get(x), fb.get(y));
    return i8x16.shuffle(low, high, UPPER_WORDS);
  },
  clampNan: (op, x, low, high) => propagating("min")(op, propagating("max")(op, x!, low!), high!),
  clamp: (op, x, low, high) => extremum("min")(op, extremum("max")(op, x!, low!), high!),
};

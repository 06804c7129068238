import type { DType } from "../../ir/index.js";
import { erf, exp, exp2, log, log2, sigmoid, tanh } from "../math/exponential.js";
import { cos, sin } from "../math/trigonometric.js";
import type { ModuleBuilder, Ref } from "../wasm/module.js";
import { type Emit, fitVector, isFloat, isUnsigned } from "./operands.js";

const lanesOf = (dtype: DType): "f32x4" | "i32x4" => (isFloat(dtype) ? "f32x4" : "i32x4");

const arithmetic =
  (name: "add" | "sub" | "mul"): Emit =>
  (op, a, b) =>
    fitVector(op, op.fb.m[lanesOf(op.dtype)][name](a!, b!));

const bits =
  (name: "and" | "or" | "xor"): Emit =>
  (op, a, b) =>
    op.fb.m.v128[name](a!, b!);

const compare =
  (name: "lt" | "le" | "gt" | "ge"): Emit =>
  (op, a, b) => {
    if (isFloat(op.from)) return op.fb.m.f32x4[name](a!, b!);
    return op.fb.m.i32x4[`${name}_${isUnsigned(op.from) ? "u" : "s"}`](a!, b!);
  };

const equal =
  (name: "eq" | "ne"): Emit =>
  (op, a, b) =>
    op.fb.m[lanesOf(op.from)][name](a!, b!);

/** Of a number and a NaN the number: pmin and pmax give their first operand when the comparison fails, so a NaN there is replaced before. */
const extremum =
  (name: "min" | "max"): Emit =>
  (op, a, b) => {
    const { fb } = op;
    const { m } = fb;
    if (!isFloat(op.dtype)) return m.i32x4[`${name}_${isUnsigned(op.dtype) ? "u" : "s"}`](a!, b!);
    const x = fb.hold("v128", a!);
    const y = fb.hold("v128", b!);
    const number = m.v128.bitselect(fb.get(x), fb.get(y), m.f32x4.eq(fb.get(x), fb.get(x)));
    return m.f32x4[`p${name}`](number, fb.get(y));
  };

const propagating =
  (name: "min" | "max"): Emit =>
  (op, a, b) =>
    isFloat(op.dtype) ? op.fb.m.f32x4[name](a!, b!) : extremum(name)(op, a!, b!);

const transcendental =
  (routine: (module: ModuleBuilder) => string): Emit =>
  (op, x) =>
    fitVector(op, op.module.call(routine(op.module), [x!], "v128"));

const one = (op: Parameters<Emit>[0]): Ref => op.fb.m.f32x4.splat(op.fb.m.f32.const(1));

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
  div: (op, a, b) => fitVector(op, op.fb.m.f32x4.div(a!, b!)),
  neg: (op, x) => (isFloat(op.dtype) ? op.fb.m.f32x4.neg(x!) : fitVector(op, op.fb.m.i32x4.neg(x!))),
  minimum: extremum("min"),
  maximum: extremum("max"),
  minimumNan: propagating("min"),
  maximumNan: propagating("max"),
  and: bits("and"),
  or: bits("or"),
  not: (op, x) => op.fb.m.v128.not(x!),
  bitAnd: bits("and"),
  bitOr: bits("or"),
  bitXor: bits("xor"),
  bitNot: (op, x) => (op.dtype === "bool" ? op.fb.m.v128.not(x!) : fitVector(op, op.fb.m.v128.not(x!))),
  eq: equal("eq"),
  ne: equal("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
  where: (op, condition, a, b) => op.fb.m.v128.bitselect(a!, b!, condition!),
  exp: transcendental(exp),
  exp2: transcendental(exp2),
  log: transcendental(log),
  log2: transcendental(log2),
  sin: transcendental(sin),
  cos: transcendental(cos),
  tanh: transcendental(tanh),
  erf: transcendental(erf),
  sigmoid: transcendental(sigmoid),
  sqrt: (op, x) => fitVector(op, op.fb.m.f32x4.sqrt(x!)),
  rsqrt: (op, x) => fitVector(op, op.fb.m.f32x4.div(one(op), op.fb.m.f32x4.sqrt(x!))),
  abs: (op, x) =>
    isFloat(op.dtype) ? op.fb.m.f32x4.abs(x!) : isUnsigned(op.dtype) ? x! : fitVector(op, op.fb.m.i32x4.abs(x!)),
  floor: (op, x) => op.fb.m.f32x4.floor(x!),
  ceil: (op, x) => op.fb.m.f32x4.ceil(x!),
  umulhi: (op, a, b) => {
    const { fb } = op;
    const { m } = fb;
    const [x, y] = [fb.hold("v128", a!), fb.hold("v128", b!)];
    const low = m.i64x2.extmul_low_i32x4_u(fb.get(x), fb.get(y));
    const high = m.i64x2.extmul_high_i32x4_u(fb.get(x), fb.get(y));
    return m.i8x16.shuffle(low, high, UPPER_WORDS);
  },
  clampNan: (op, x, low, high) => propagating("min")(op, propagating("max")(op, x!, low!), high!),
  clamp: (op, x, low, high) => extremum("min")(op, extremum("max")(op, x!, low!), high!),
};

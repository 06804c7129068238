import type { DType } from "../../../ir/index.js";
import { f32x4, i8x16, i32x4, i64x2, VECTORS, v128 } from "../encode/instructions.js";
import { bitcastVector, castVector, truncateVector } from "./casts.js";
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

/** Bytes of the upper words of four numbers of 64 bits in two vectors. */
const UPPER_WORDS = [4, 12, 20, 28].flatMap((at) => [at, at + 1, at + 2, at + 3]);

const mulHigh: Emit = ({ fb }, a, b) => {
  const [x, y] = [fb.hold("v128", a!), fb.hold("v128", b!)];
  const low = i64x2.extmul_low_i32x4_u(fb.get(x), fb.get(y));
  const high = i64x2.extmul_high_i32x4_u(fb.get(x), fb.get(y));
  return i8x16.shuffle(low, high, UPPER_WORDS);
};

/**
 * What each primitive is for four lanes. What is missing here is done lane by lane; shifts take their amount as a scalar, so `nodes.ts` has them.
 */
export const VECTOR: Readonly<Record<string, Emit | undefined>> = {
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  neg: (op, x) => (isFloat(op.dtype) ? f32x4.neg(x!) : fitVector(op, i32x4.neg(x!))),
  abs: (op, x) => (isFloat(op.dtype) ? f32x4.abs(x!) : isUnsigned(op.dtype) ? x! : fitVector(op, i32x4.abs(x!))),
  sqrt: (_op, x) => f32x4.sqrt(x!),
  floor: (_op, x) => f32x4.floor(x!),
  ceil: (_op, x) => f32x4.ceil(x!),
  minimum: extremum("min"),
  maximum: extremum("max"),
  minimumNan: propagating("min"),
  maximumNan: propagating("max"),
  mulHigh,
  and: bits("and"),
  or: bits("or"),
  xor: bits("xor"),
  not: (op, x) => (op.dtype === "bool" ? v128.not(x!) : fitVector(op, v128.not(x!))),
  eq: equal("eq"),
  ne: equal("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
  where: (_op, condition, a, b) => v128.bitselect(a!, b!, condition!),
  cast: castVector,
  castToZero: truncateVector,
  bitcast: bitcastVector,
};

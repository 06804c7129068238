import type { DType } from "../../../ir/index.js";
import { type Instruction, i32, i64, NUMBERS, select } from "../encode/instructions.js";
import { REPRESENTATION } from "../encode/representation.js";
import { cleanBits } from "./bits.js";
import { bitcastScalar, castScalar, truncateScalar } from "./casts.js";
import { type Emit, fitScalar, isUnsigned, literal, type Operation } from "./operands.js";

type Family = "i32" | "i64" | "f32" | "f64";
const family = (dtype: DType): Family => REPRESENTATION[dtype];

/** Arithmetic whose WebAssembly name is the same for every family; the result is brought back to its dtype. */
const arithmetic =
  (name: "add" | "sub" | "mul"): Emit =>
  (op, a, b) =>
    fitScalar(op, NUMBERS[family(op.dtype)][name](a!, b!));

/** Bit operations of integers. */
const bits =
  (name: "and" | "or" | "xor"): Emit =>
  (op, a, b) =>
    NUMBERS[family(op.dtype) as "i32" | "i64"][name](a!, b!);

const shift =
  (name: "shl" | "shr_s" | "shr_u", unsigned: "shl" | "shr_s" | "shr_u" = name): Emit =>
  (op, a, b) =>
    fitScalar(op, NUMBERS[family(op.dtype) as "i32" | "i64"][isUnsigned(op.dtype) ? unsigned : name](a!, b!));

const UNSIGNED_ORDER = { lt: "lt_u", le: "le_u", gt: "gt_u", ge: "ge_u", eq: "eq", ne: "ne" } as const;
const SIGNED_ORDER = { lt: "lt_s", le: "le_s", gt: "gt_s", ge: "ge_s", eq: "eq", ne: "ne" } as const;

const compare =
  (name: keyof typeof SIGNED_ORDER): Emit =>
  (op, a, b) => {
    const kind = family(op.from);
    if (kind === "f32" || kind === "f64") return NUMBERS[kind][name](a!, b!);
    return NUMBERS[kind][(isUnsigned(op.from) ? UNSIGNED_ORDER : SIGNED_ORDER)[name]](a!, b!);
  };

/**
 * Integer division as the GPU does it: it never traps. Dividing by zero gives all ones, the remainder then is the dividend, and the least
 * number divided by −1 wraps.
 */
function divideIntegers(op: Operation, what: "div" | "rem", a: Instruction, b: Instruction): Instruction {
  const { fb } = op;
  const kind = family(op.dtype) as "i32" | "i64";
  const w = NUMBERS[kind];
  const zero = () => literal(kind, 0);
  const x = fb.hold(kind, a);
  const y = fb.hold(kind, b);
  const result = fb.local(kind);
  if (isUnsigned(op.dtype)) {
    fb.if(
      w.eqz(fb.get(y)),
      () => fb.set(result, what === "div" ? literal(kind, -1) : fb.get(x)),
      () => fb.set(result, w[`${what}_u`](fb.get(x), fb.get(y))),
    );
    return fitScalar(op, fb.get(result));
  }
  // Divisors 0 and −1 are the two that trap.
  const ordinary = w.gt_u(w.add(fb.get(y), literal(kind, 1)), literal(kind, 1));
  fb.if(
    ordinary,
    () => fb.set(result, w[`${what}_s`](fb.get(x), fb.get(y))),
    () => {
      const special =
        what === "div"
          ? select(w.eqz(fb.get(y)), literal(kind, -1), w.sub(zero(), fb.get(x)))
          : select(w.eqz(fb.get(y)), fb.get(x), zero());
      fb.set(result, special);
    },
  );
  return fitScalar(op, fb.get(result));
}

/** The lesser or greater; of a number and a NaN the number, as on the GPU, unless the op says otherwise. */
const extremum =
  (order: "lt" | "gt"): Emit =>
  (op, a, b) => {
    const { fb } = op;
    const kind = family(op.dtype);
    const x = fb.hold(kind, a!);
    const y = fb.hold(kind, b!);
    const pick = compare(order)({ ...op, from: op.dtype }, fb.get(x), fb.get(y));
    if (kind === "i32" || kind === "i64") return select(pick, fb.get(x), fb.get(y));
    const yIsNan = NUMBERS[kind].ne(fb.get(y), fb.get(y));
    return select(i32.or(pick, yIsNan), fb.get(x), fb.get(y));
  };

/** A NaN of either operand wins. */
const propagating =
  (name: "min" | "max", order: "lt" | "gt"): Emit =>
  (op, a, b) => {
    const kind = family(op.dtype);
    return kind === "f32" || kind === "f64" ? NUMBERS[kind][name](a!, b!) : extremum(order)(op, a!, b!);
  };

const ofFloat =
  (name: "sqrt" | "floor" | "ceil"): Emit =>
  (op, x) =>
    NUMBERS[family(op.dtype) as "f32" | "f64"][name](x!);

const abs: Emit = (op, x) => {
  const kind = family(op.dtype);
  const { fb } = op;
  if (kind === "f32" || kind === "f64") return NUMBERS[kind].abs(x!);
  if (isUnsigned(op.dtype)) return x!;
  const value = fb.hold(kind, x!);
  const negative = NUMBERS[kind].lt_s(fb.get(value), literal(kind, 0));
  return fitScalar(op, select(negative, NUMBERS[kind].sub(literal(kind, 0), fb.get(value)), fb.get(value)));
};

const neg: Emit = (op, x) => {
  const kind = family(op.dtype);
  if (kind === "f32" || kind === "f64") return NUMBERS[kind].neg(x!);
  return fitScalar(op, NUMBERS[kind].sub(literal(kind, 0), x!));
};

const div: Emit = (op, a, b) => {
  const kind = family(op.dtype);
  return kind === "f32" || kind === "f64" ? NUMBERS[kind].div(a!, b!) : divideIntegers(op, "div", a!, b!);
};

/** The upper half of a product of unsigned words. */
const mulHigh: Emit = (_op, a, b) => {
  const product = i64.mul(i64.extend_u(a!), i64.extend_u(b!));
  return i32.wrap(i64.shr_u(product, i64.const(32n)));
};

/** What each primitive is for one element; a function of real numbers is none. */
export const SCALAR: Readonly<Record<string, Emit>> = {
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  div,
  mod: (op, a, b) => divideIntegers(op, "rem", a!, b!),
  neg,
  abs,
  sqrt: ofFloat("sqrt"),
  floor: ofFloat("floor"),
  ceil: ofFloat("ceil"),
  minimum: extremum("lt"),
  maximum: extremum("gt"),
  minimumNan: propagating("min", "lt"),
  maximumNan: propagating("max", "gt"),
  mulHigh,
  and: bits("and"),
  or: bits("or"),
  xor: bits("xor"),
  not: (op, x) => {
    const kind = family(op.dtype) as "i32" | "i64";
    return op.dtype === "bool" ? i32.eqz(x!) : fitScalar(op, NUMBERS[kind].xor(x!, literal(kind, -1)));
  },
  shiftLeft: shift("shl"),
  shiftRight: shift("shr_s", "shr_u"),
  // A narrow signed number shifts in the zeros of its own width.
  shiftRightLogical: (op, a, b) => shift("shr_u")(op, cleanBits(op, op.dtype, a!), b!),
  eq: compare("eq"),
  ne: compare("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
  where: (_op, condition, a, b) => select(condition!, a!, b!),
  cast: castScalar,
  castToZero: truncateScalar,
  bitcast: bitcastScalar,
};

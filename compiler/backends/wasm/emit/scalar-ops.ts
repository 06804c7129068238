import type { DType } from "../../../ir/index.js";
import { call, f32, f64, type Instruction, i32, i64, NUMBERS, select } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { REPRESENTATION } from "../encode/representation.js";
import { erf, exp, exp2, log, log2, sigmoid, tanh } from "../math/exponential.js";
import { cos, sin } from "../math/trigonometric.js";
import { cleanBits } from "./bits.js";
import { demoted } from "./casts.js";
import { INTEGER_OPS } from "./integer-ops.js";
import { type Emit, fitScalar, isFloat, isUnsigned, lanewise, literal, type Operation } from "./operands.js";

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
export function divideIntegers(op: Operation, what: "div" | "rem", a: Instruction, b: Instruction): Instruction {
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

const floorDiv: Emit = (op, a, b) => divideIntegers(op, "div", a!, b!);
const mod: Emit = (op, a, b) => divideIntegers(op, "rem", a!, b!);

/** The quotient cut toward zero, and one more where that was down: where a remainder is left that has the divisor's sign. */
const cdiv: Emit = (op, a, b) => {
  const { fb } = op;
  const kind = family(op.dtype) as "i32" | "i64";
  const w = NUMBERS[kind];
  const zero = () => literal(kind, 0);
  const x = fb.hold(kind, a!);
  const y = fb.hold(kind, b!);
  const quotient = fb.hold(kind, divideIntegers(op, "div", fb.get(x), fb.get(y)));
  const rest = fb.hold(kind, divideIntegers(op, "rem", fb.get(x), fb.get(y)));
  const isRest = w.ne(fb.get(rest), zero());
  const up = isUnsigned(op.dtype)
    ? isRest
    : i32.and(isRest, i32.eq(w.gt_s(fb.get(rest), zero()), w.gt_s(fb.get(y), zero())));
  return fitScalar(op, w.add(fb.get(quotient), kind === "i64" ? i64.extend_u(up) : up));
};

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

/** f32 through a routine over vectors, f64 through the host's function. */
const transcendental =
  (name: string, routine: (module: ModuleBuilder) => string): Emit =>
  (op, x) =>
    family(op.dtype) === "f64" ? hosted(name)(op, x!) : fitScalar(op, lanewise(op, routine, x!));

const rounding =
  (name: "floor" | "ceil"): Emit =>
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

const floatOp =
  (build: (w: typeof f32 | typeof f64, x: Instruction[]) => Instruction): Emit =>
  (op, ...x) =>
    fitScalar(op, build(NUMBERS[family(op.dtype) as "f32" | "f64"], x));

const fma: Emit = (op, a, b, c) => {
  const { fb } = op;
  if (family(op.dtype) === "f64") return hosted("fma")(op, a!, b!, c!);
  // A product of two f32 is exact in f64. Their sum's error decides where the sum lies in the middle between two f32.
  const product = fb.hold("f64", f64.mul(f64.promote(a!), f64.promote(b!)));
  const addend = fb.hold("f64", f64.promote(c!));
  const sum = fb.hold("f64", f64.add(fb.get(product), fb.get(addend)));
  const other = fb.hold("f64", f64.sub(fb.get(sum), fb.get(product)));
  const error = f64.add(
    f64.sub(fb.get(product), f64.sub(fb.get(sum), fb.get(other))),
    f64.sub(fb.get(addend), fb.get(other)),
  );
  return fitScalar(op, demoted(op, toOdd(op, fb.get(sum), error)));
};

/** A sum as it would be if it were rounded to odd: rounding it once more then gives what rounding the exact sum once gives. */
function toOdd(op: Operation, sum: Instruction, error: Instruction): Instruction {
  const { fb } = op;
  const bits = fb.hold("i64", i64.reinterpret(sum));
  const rest = fb.hold("i64", i64.reinterpret(error));
  const zero = () => i64.const(0n);
  const magnitude = () => i64.and(fb.get(rest), i64.const(0x7fffffffffffffffn));
  // No error, or none that is a number: of an infinity or a NaN.
  const isRest = i32.and(i64.ne(magnitude(), zero()), i64.lt_u(magnitude(), i64.const(0x7ff0000000000000n)));
  const isEven = i64.eqz(i64.and(fb.get(bits), i64.const(1n)));
  const isAway = i64.lt_s(i64.xor(fb.get(bits), fb.get(rest)), zero());
  const step = select(isAway, i64.const(-1n), i64.const(1n));
  const moved = i64.add(fb.get(bits), select(i32.and(isRest, isEven), step, zero()));
  return f64.reinterpret(moved);
}

const clamp: Emit = (op, x, low, high) => {
  const bounded = extremum("gt")(op, x!, low!);
  return extremum("lt")(op, bounded, high!);
};

const clampNan: Emit = (op, x, low, high) => {
  const bounded = propagating("max", "gt")(op, x!, low!);
  return propagating("min", "lt")(op, bounded, high!);
};

const where: Emit = (_op, condition, a, b) => select(condition!, a!, b!);

/** The host's function that gives the bytes from an address to the end of its buffer, or 0. */
export const REACH = "reach";

/** How many elements lie from an address to the end of its buffer. */
const reach: Emit = (op, address, bytes) =>
  i32.div_u(call(op.module.imported(REACH, ["i64"], "i32"), address!), bytes!);

/** JavaScript's own function, on a double. */
const hosted =
  (name: string): Emit =>
  (op, ...x) => {
    const isDouble = family(op.dtype) === "f64";
    const given = isDouble ? x : x.map((one) => f64.promote(one));
    const imported = op.module.imported(
      `${name}_f64`,
      x.map(() => "f64" as const),
      "f64",
    );
    const value = call(imported, ...given);
    return isDouble ? value : fitScalar(op, f32.demote(value));
  };

/** What an op computes for one element; by a function of the host's where there is nothing better. */
export const scalarOp = (name: string): Emit => SCALAR_OPS[name] ?? hosted(name);

/** What each op computes for one element. */
export const SCALAR_OPS: Readonly<Record<string, Emit>> = {
  add: arithmetic("add"),
  sub: arithmetic("sub"),
  mul: arithmetic("mul"),
  div: floatOp((w, [a, b]) => w.div(a!, b!)),
  neg,
  floorDiv,
  cdiv,
  mod,
  minimum: extremum("lt"),
  maximum: extremum("gt"),
  minimumNan: propagating("min", "lt"),
  maximumNan: propagating("max", "gt"),
  and: bits("and"),
  or: bits("or"),
  not: (_op, x) => i32.eqz(x!),
  bitAnd: bits("and"),
  bitOr: bits("or"),
  bitXor: bits("xor"),
  bitNot: (op, x) => {
    const kind = family(op.dtype) as "i32" | "i64";
    return op.dtype === "bool" ? i32.eqz(x!) : fitScalar(op, NUMBERS[kind].xor(x!, literal(kind, -1)));
  },
  shiftLeft: shift("shl"),
  shiftRight: shift("shr_s", "shr_u"),
  // A narrow signed number shifts in the zeros of its own width.
  shiftRightLogical: (op, a, b) => {
    return shift("shr_u")(op, cleanBits(op, op.dtype, a!), b!);
  },
  eq: compare("eq"),
  ne: compare("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
  where,
  exp: transcendental("exp", exp),
  exp2: transcendental("exp2", exp2),
  log: transcendental("log", log),
  log2: transcendental("log2", log2),
  sin: transcendental("sin", sin),
  cos: transcendental("cos", cos),
  tanh: transcendental("tanh", tanh),
  erf: transcendental("erf", erf),
  sigmoid: transcendental("sigmoid", sigmoid),
  sqrt: floatOp((w, [x]) => w.sqrt(x!)),
  rsqrt: floatOp((w, [x]) => w.div(w.const(1), w.sqrt(x!))),
  abs,
  floor: rounding("floor"),
  ceil: rounding("ceil"),
  fma,
  clamp,
  clampNan,
  reach,
  smid: (op) => call(op.module.imported("smid", [], "i32")),
  ...INTEGER_OPS,
};

export { isFloat };

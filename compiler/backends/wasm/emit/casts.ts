import { isFloat } from "../../../ir/index.js";
import {
  call,
  f32,
  f32x4,
  f64,
  type Instruction,
  i32,
  i32x4,
  i64,
  NUMBERS,
  select,
  v128,
} from "../encode/instructions.js";
import { REPRESENTATION, type Representation } from "../encode/representation.js";
import { truncateNarrow } from "../math/narrow-floats.js";
import { bitsOf, bitsOfValues, valueOfBits, valuesOfBits } from "./bits.js";
import { type Emit, fitScalar, fitVector, isUnsigned, lanewise, literal, type Operation } from "./operands.js";

type Convert = (op: Operation, x: Instruction) => Instruction;

/** From one representation to another; floats to integers truncate and saturate, a NaN gives 0, as on the GPU. */
const SCALAR: Readonly<Record<Representation, Readonly<Record<Representation, Convert>>>> = {
  i32: {
    i32: (_op, x) => x,
    i64: (op, x) => (isUnsigned(op.from) ? i64.extend_u(x) : i64.extend_s(x)),
    f32: (op, x) => (isUnsigned(op.from) ? f32.convert_i32_u(x) : f32.convert_i32_s(x)),
    f64: (op, x) => (isUnsigned(op.from) ? f64.convert_i32_u(x) : f64.convert_i32_s(x)),
  },
  i64: {
    i32: (_op, x) => i32.wrap(x),
    i64: (_op, x) => x,
    f32: (op, x) => f32[isUnsigned(op.from) ? "convert_i64_u" : "convert_i64_s"](x),
    f64: (op, x) => f64[isUnsigned(op.from) ? "convert_i64_u" : "convert_i64_s"](x),
  },
  f32: {
    i32: (op, x) => (op.dtype === "u32" ? i32.trunc_sat_f32_u(x) : i32.trunc_sat_f32_s(x)),
    i64: (op, x) => i64[isUnsigned(op.dtype) ? "trunc_sat_f32_u" : "trunc_sat_f32_s"](x),
    f32: (_op, x) => x,
    f64: (_op, x) => f64.promote(x),
  },
  f64: {
    i32: (op, x) => (op.dtype === "u32" ? i32.trunc_sat_f64_u(x) : i32.trunc_sat_f64_s(x)),
    i64: (op, x) => i64[isUnsigned(op.dtype) ? "trunc_sat_f64_u" : "trunc_sat_f64_s"](x),
    f32: (op, x) => demoted(op, x),
    f64: (_op, x) => x,
  },
};

/** A double on its way to a narrower float, which is f32 or held as one. */
const demoted: Convert = (op, x) => (op.dtype === "f32" ? f32.demote(x) : demoteToOdd(op, x));

/** For a narrower float: rounded to odd here, so that rounding it again gives what rounding once gives. */
function demoteToOdd({ fb }: Operation, x: Instruction): Instruction {
  const wide = fb.hold("f64", x);
  const bits = fb.hold("i32", i32.reinterpret(f32.demote(fb.get(wide))));
  const back = () => f64.promote(f32.reinterpret(fb.get(bits)));
  const isEven = i32.eqz(i32.and(fb.get(bits), i32.const(1)));
  const differs = i32.and(f64.ne(back(), fb.get(wide)), f64.eq(fb.get(wide), fb.get(wide)));
  const isBelow = f64.lt(f64.abs(back()), f64.abs(fb.get(wide)));
  const step = select(isBelow, i32.const(1), i32.const(-1));
  const moved = i32.add(fb.get(bits), select(i32.and(differs, isEven), step, i32.const(0)));
  return f32.reinterpret(moved);
}

export const castScalar: Emit = (op, x) => {
  const kind = REPRESENTATION[op.from];
  if (op.dtype === "bool") return NUMBERS[kind].ne(x!, literal(kind, 0));
  return fitScalar(op, SCALAR[kind][REPRESENTATION[op.dtype]](op, x!));
};

/** From f32 to a narrower float, toward zero. */
export const truncateScalar: Emit = (op, x) => lanewise(op, truncateNarrow(op.dtype), x!);
export const truncateVector: Emit = (op, x) => call(truncateNarrow(op.dtype)(op.module), x!);

/** Both dtypes are at most 32 bits wide. Booleans are masks. */
export const castVector: Emit = (op, given) => {
  const x = given!;
  const zero = () => i32x4.splat(i32.const(0));
  if (op.dtype === "bool") return isFloat(op.from) ? f32x4.ne(x, zero()) : i32x4.ne(x, zero());
  if (op.from === "bool") {
    const number = isFloat(op.dtype) ? f32x4.splat(f32.const(1)) : i32x4.splat(i32.const(1));
    return v128.and(x, number);
  }
  if (isFloat(op.from) && isFloat(op.dtype)) return fitVector(op, x);
  if (isFloat(op.from))
    return fitVector(op, op.dtype === "u32" ? i32x4.trunc_sat_f32x4_u(x) : i32x4.trunc_sat_f32x4_s(x));
  if (isFloat(op.dtype)) {
    // What fits 31 bits is converted as signed: that is one instruction of the machine, and unsigned is several.
    const wide = op.from === "u32";
    return fitVector(op, wide ? f32x4.convert_i32x4_u(x) : f32x4.convert_i32x4_s(x));
  }
  return fitVector(op, x);
};

export const bitcastScalar: Emit = (op, x) => valueOfBits(op, op.dtype, bitsOf(op, op.from, x!));

export const bitcastVector: Emit = (op, x) => valuesOfBits(op, op.dtype, bitsOfValues(op, op.from, x!));

import { isFloat } from "../../ir/index.js";
import { truncateNarrow } from "../math/narrow-floats.js";
import type { Ref } from "../wasm/module.js";
import { REPRESENTATION, type Representation } from "../wasm/representation.js";
import { bitsOf, bitsOfValues, valueOfBits, valuesOfBits } from "./bits.js";
import { constantRef, fitScalar, fitVector, isUnsigned, lanewise, type Operation } from "./operands.js";

type Convert = (op: Operation, x: Ref) => Ref;

/** From one representation to another; floats to integers truncate and saturate, a NaN gives 0, as on the GPU. */
const SCALAR: Readonly<Record<Representation, Readonly<Record<Representation, Convert>>>> = {
  i32: {
    i32: (_op, x) => x,
    i64: (op, x) => (isUnsigned(op.from) ? op.fb.m.i64.extend_u(x) : op.fb.m.i64.extend_s(x)),
    f32: (op, x) => (isUnsigned(op.from) ? op.fb.m.f32.convert_u.i32(x) : op.fb.m.f32.convert_s.i32(x)),
    f64: (op, x) => (isUnsigned(op.from) ? op.fb.m.f64.convert_u.i32(x) : op.fb.m.f64.convert_s.i32(x)),
  },
  i64: {
    i32: (op, x) => op.fb.m.i32.wrap(x),
    i64: (_op, x) => x,
    f32: (op, x) => op.fb.m.f32[isUnsigned(op.from) ? "convert_u" : "convert_s"].i64(x),
    f64: (op, x) => op.fb.m.f64[isUnsigned(op.from) ? "convert_u" : "convert_s"].i64(x),
  },
  f32: {
    i32: (op, x) => (op.dtype === "u32" ? op.fb.m.i32.trunc_u_sat.f32(x) : op.fb.m.i32.trunc_s_sat.f32(x)),
    i64: (op, x) => op.fb.m.i64[isUnsigned(op.dtype) ? "trunc_u_sat" : "trunc_s_sat"].f32(x),
    f32: (_op, x) => x,
    f64: (op, x) => op.fb.m.f64.promote(x),
  },
  f64: {
    i32: (op, x) => (op.dtype === "u32" ? op.fb.m.i32.trunc_u_sat.f64(x) : op.fb.m.i32.trunc_s_sat.f64(x)),
    i64: (op, x) => op.fb.m.i64[isUnsigned(op.dtype) ? "trunc_u_sat" : "trunc_s_sat"].f64(x),
    f32: (op, x) => demoted(op, x),
    f64: (_op, x) => x,
  },
};

/** A double on its way to a narrower float, which is f32 or held as one. */
export const demoted: Convert = (op, x) => (op.dtype === "f32" ? op.fb.m.f32.demote(x) : demoteToOdd(op, x));

/** For a narrower float: rounded to odd here, so that rounding it again gives what rounding once gives. */
function demoteToOdd({ fb }: Operation, x: Ref): Ref {
  const { m } = fb;
  const wide = fb.hold("f64", x);
  const bits = fb.hold("i32", m.i32.reinterpret(m.f32.demote(fb.get(wide))));
  const back = () => m.f64.promote(m.f32.reinterpret(fb.get(bits)));
  const isEven = m.i32.eqz(m.i32.and(fb.get(bits), m.i32.const(1)));
  const differs = m.i32.and(m.f64.ne(back(), fb.get(wide)), m.f64.eq(fb.get(wide), fb.get(wide)));
  const isBelow = m.f64.lt(m.f64.abs(back()), m.f64.abs(fb.get(wide)));
  const step = m.select(isBelow, m.i32.const(1), m.i32.const(-1));
  const moved = m.i32.add(fb.get(bits), m.select(m.i32.and(differs, isEven), step, m.i32.const(0)));
  return m.f32.reinterpret(moved);
}

export const castScalar: Convert = (op, x) => {
  const kind = REPRESENTATION[op.from];
  if (op.dtype === "bool") return op.fb.m[kind].ne(x, constantRef(op, kind, 0));
  return fitScalar(op, SCALAR[kind][REPRESENTATION[op.dtype]](op, x));
};

/** From f32 to a narrower float, toward zero. */
export const truncateScalar: Convert = (op, x) => lanewise(op, truncateNarrow(op.dtype), x);
export const truncateVector: Convert = (op, x) => op.module.call(truncateNarrow(op.dtype)(op.module), [x], "v128");

/** Both dtypes are at most 32 bits wide. Booleans are masks. */
export const castVector: Convert = (op, x) => {
  const { m } = op.fb;
  const zero = () => m.i32x4.splat(m.i32.const(0));
  if (op.dtype === "bool") return isFloat(op.from) ? m.f32x4.ne(x, zero()) : m.i32x4.ne(x, zero());
  if (op.from === "bool") {
    const number = isFloat(op.dtype) ? m.f32x4.splat(m.f32.const(1)) : m.i32x4.splat(m.i32.const(1));
    return m.v128.and(x, number);
  }
  if (isFloat(op.from) && isFloat(op.dtype)) return fitVector(op, x);
  if (isFloat(op.from))
    return fitVector(op, op.dtype === "u32" ? m.i32x4.trunc_sat_f32x4_u(x) : m.i32x4.trunc_sat_f32x4_s(x));
  if (isFloat(op.dtype)) {
    // What fits 31 bits is converted as signed: that is one instruction of the machine, and unsigned is several.
    const wide = op.from === "u32";
    return fitVector(op, wide ? m.f32x4.convert_i32x4_u(x) : m.f32x4.convert_i32x4_s(x));
  }
  return fitVector(op, x);
};

export const bitcastScalar: Convert = (op, x) => valueOfBits(op, op.dtype, bitsOf(op, op.from, x));

export const bitcastVector: Convert = (op, x) => valuesOfBits(op, op.dtype, bitsOfValues(op, op.from, x));

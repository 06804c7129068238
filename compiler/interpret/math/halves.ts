import type { FunctionBuilder } from "../wasm/function.js";
import type { ModuleBuilder, Ref } from "../wasm/module.js";
import { vectorFunction } from "./vector.js";

/*
 * The two 16-bit floats. Inside a kernel both are f32 values that the format can hold; rounding is to nearest, ties to even, as on
 * the GPU. f16 has 5 bits of exponent and 10 of fraction, bf16 is the upper half of an f32.
 */

const SIGN = -0x80000000;

export const roundBf16 = (module: ModuleBuilder): string =>
  vectorFunction(module, "round_bf16", (v, x) => {
    const { m } = v;
    const even = m.v128.and(m.i32x4.shr_u(x(), m.i32.const(16)), v.i(1));
    const rounded = m.v128.and(m.i32x4.add(m.i32x4.add(x(), v.i(0x7fff)), even), v.i(-0x10000));
    return v.select(m.f32x4.eq(x(), x()), rounded, v.i(0x7fc00000));
  });

export const roundF16 = (module: ModuleBuilder): string =>
  vectorFunction(module, "round_f16", (v, x) => {
    const { m } = v;
    const magnitude = v.hold(m.v128.andnot(x(), v.i(SIGN)));
    const even = m.v128.and(m.i32x4.shr_u(magnitude(), m.i32.const(13)), v.i(1));
    const cut = v.hold(m.v128.and(m.i32x4.add(m.i32x4.add(magnitude(), v.i(0xfff)), even), v.i(-0x2000)));
    const infinite = m.i32x4.ge_s(cut(), v.i(0x47800000));
    const normal = v.hold(v.select(infinite, v.i(0x7f800000), cut()));
    // Adding one half leaves room for multiples of 2⁻²⁴ only: the step below the least normal number.
    const subnormal = v.sub(v.add(magnitude(), v.f(0.5)), v.f(0.5));
    const rounded = v.select(m.f32x4.lt(magnitude(), v.f(2 ** -14)), subnormal, normal());
    const signed = m.v128.or(rounded, m.v128.and(x(), v.i(SIGN)));
    return v.select(m.f32x4.eq(x(), x()), signed, v.i(0x7fc00000));
  });

/** Bits of f16 in the lower halves of four words, to values. */
export const widenF16 = (module: ModuleBuilder): string =>
  vectorFunction(module, "widen_f16", (v, bits) => {
    const { m } = v;
    const shifted = m.i32x4.shl(m.v128.and(bits(), v.i(0x7fff)), m.i32.const(13));
    const value = v.mul(shifted, v.f(2 ** 112));
    const special = m.i32x4.eq(m.v128.and(bits(), v.i(0x7c00)), v.i(0x7c00));
    const finished = m.v128.or(value, m.v128.and(special, v.i(0x7f800000)));
    return m.v128.or(finished, m.i32x4.shl(m.v128.and(bits(), v.i(0x8000)), m.i32.const(16)));
  });

/** The same for one word. */
export function widenF16Scalar(fb: FunctionBuilder, word: Ref): Ref {
  const { m } = fb;
  const bits = fb.hold("i32", word);
  const shifted = m.i32.shl(m.i32.and(fb.get(bits), m.i32.const(0x7fff)), m.i32.const(13));
  const value = m.i32.reinterpret(m.f32.mul(m.f32.reinterpret(shifted), m.f32.const(2 ** 112)));
  const special = m.i32.ge_u(m.i32.and(fb.get(bits), m.i32.const(0x7c00)), m.i32.const(0x7c00));
  const finished = m.i32.or(value, m.i32.and(m.i32.sub(m.i32.const(0), special), m.i32.const(0x7f800000)));
  const sign = m.i32.shl(m.i32.and(fb.get(bits), m.i32.const(0x8000)), m.i32.const(16));
  return m.f32.reinterpret(m.i32.or(finished, sign));
}

/** Values that f16 can hold, to its bits in the lower halves of four words. */
export const narrowF16 = (module: ModuleBuilder): string =>
  vectorFunction(module, "narrow_f16", (v, x) => {
    const { m } = v;
    const magnitude = v.hold(m.v128.andnot(x(), v.i(SIGN)));
    const normal = m.i32x4.shr_u(m.i32x4.sub(magnitude(), v.i(112 << 23)), m.i32.const(13));
    const subnormal = m.i32x4.trunc_sat_f32x4_s(v.mul(magnitude(), v.f(2 ** 24)));
    const finite = v.hold(v.select(m.f32x4.lt(magnitude(), v.f(2 ** -14)), subnormal, normal));
    const nan = m.v128.and(m.f32x4.ne(x(), x()), v.i(0x200));
    const special = m.i32x4.ge_s(magnitude(), v.i(0x7f800000));
    const bits = v.select(special, m.v128.or(nan, v.i(0x7c00)), finite());
    return m.v128.or(bits, m.v128.and(m.i32x4.shr_u(x(), m.i32.const(16)), v.i(0x8000)));
  });

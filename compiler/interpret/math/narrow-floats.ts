import { DTYPES, type DType, greatestFloat } from "../../ir/index.js";
import type { FunctionBuilder } from "../wasm/function.js";
import type { ModuleBuilder, Ref } from "../wasm/module.js";
import { type Lanes, vectorFunction } from "./vector.js";

/*
 * Floats below 32 bits. Inside a kernel each is an f32 value that the format can hold; rounding is to nearest, ties to even, or toward zero,
 * as on the GPU. bf16 is the upper half of an f32; the exponents of the others are smaller.
 */

const SIGN = -0x80000000;
const INFINITE = 0x7f800000;

const bits32 = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0]!;

/** What the formulas ask of a format. */
function formatOf(dtype: DType) {
  const { bytes, float } = DTYPES[dtype];
  const { exponent, fraction, finite = false } = float!;
  const bias = 2 ** (exponent - 1) - 1;
  return {
    finite,
    /** Places that an f32 has more in its fraction. */
    shift: 23 - fraction,
    /** The least number with a full fraction, and the step between those below it. */
    normal: 2 ** (1 - bias),
    step: 2 ** (1 - bias - fraction),
    /** What brings the exponent of an f32 to that of the format. */
    rescale: 2 ** (127 - bias),
    exponents: ((1 << exponent) - 1) << fraction,
    fractions: (1 << fraction) - 1,
    sign: 1 << (8 * bytes - 1),
    toSign: 32 - 8 * bytes,
    /** A conversion to 8 bits gives the greatest number for all that are greater, and a NaN of all ones. */
    saturates: bytes === 1,
  };
}

export const roundBf16 = (module: ModuleBuilder): string =>
  vectorFunction(module, "round_bf16", (v, x) => {
    const { m } = v;
    const even = m.v128.and(m.i32x4.shr_u(x(), m.i32.const(16)), v.i(1));
    const rounded = m.v128.and(m.i32x4.add(m.i32x4.add(x(), v.i(0x7fff)), even), v.i(-0x10000));
    return v.select(m.f32x4.eq(x(), x()), rounded, v.i(0x7fc00000));
  });

type Value = ReturnType<Lanes["hold"]>;

/** The magnitudes of a vector rounded by `normal` or `subnormal`, with their signs; NaN stays NaN. */
function rounded(v: Lanes, x: Value, dtype: DType, normal: (size: Value) => Value, subnormal: (size: Value) => Value) {
  const { m } = v;
  const format = formatOf(dtype);
  const size = v.hold(m.v128.andnot(x(), v.i(SIGN)));
  const [above, below] = [normal(size), subnormal(size)];
  const value = v.select(m.f32x4.lt(size(), v.f(format.normal)), below(), above());
  const signed = m.v128.or(value, m.v128.and(x(), v.i(SIGN)));
  return v.select(m.f32x4.eq(x(), x()), signed, v.i(format.saturates ? 0x7fffffff : 0x7fc00000));
}

/** To the nearest number of a format whose exponents are smaller than those of f32. */
export const roundNarrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `round_${dtype}`, (v, x) => {
      const { m } = v;
      const { shift, step, saturates } = formatOf(dtype);
      const greatest = bits32(greatestFloat(dtype));
      return rounded(
        v,
        x,
        dtype,
        (size) => {
          const even = m.v128.and(m.i32x4.shr_u(size(), m.i32.const(shift)), v.i(1));
          const up = m.i32x4.add(m.i32x4.add(size(), v.i(2 ** (shift - 1) - 1)), even);
          const cut = v.hold(m.v128.and(up, v.i(-(2 ** shift))));
          const over = m.i32x4.gt_s(cut(), v.i(greatest));
          return v.hold(v.select(over, v.i(saturates ? greatest : INFINITE), cut()));
        },
        // Adding as many steps as an f32 has places leaves room for whole steps only.
        (size) => v.hold(v.sub(v.add(size(), v.f(step * 2 ** 23)), v.f(step * 2 ** 23))),
      );
    });

/** To the next number toward zero: no finite number becomes infinite. */
export const truncateNarrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `truncate_${dtype}`, (v, x) => {
      const { m } = v;
      const { shift, step } = formatOf(dtype);
      const greatest = bits32(greatestFloat(dtype));
      return rounded(
        v,
        x,
        dtype,
        (size) => {
          const cut = v.hold(m.v128.and(size(), v.i(-(2 ** shift))));
          const over = m.v128.and(m.i32x4.gt_s(cut(), v.i(greatest)), m.i32x4.lt_s(cut(), v.i(INFINITE)));
          return v.hold(v.select(over, v.i(greatest), cut()));
        },
        (size) => {
          // The least numbers of bf16 are those of f32, shortened.
          if (dtype === "bf16") return v.hold(m.v128.and(size(), v.i(-(2 ** shift))));
          const steps = m.i32x4.trunc_sat_f32x4_s(v.mul(size(), v.f(1 / step)));
          return v.hold(v.mul(m.f32x4.convert_i32x4_s(steps), v.f(step)));
        },
      );
    });

/** Bits of a format in the low ends of four words, to values. */
export const widenNarrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `widen_${dtype}`, (v, bits) => {
      const { m } = v;
      const { shift, rescale, exponents, fractions, sign, toSign, finite } = formatOf(dtype);
      const size = v.hold(m.v128.and(bits(), v.i(sign - 1)));
      const value = v.mul(m.i32x4.shl(size(), m.i32.const(shift)), v.f(rescale));
      const special = m.i32x4.ge_s(size(), v.i(finite ? exponents | fractions : exponents));
      const finished = m.v128.or(value, m.v128.and(special, v.i(INFINITE)));
      return m.v128.or(finished, m.i32x4.shl(m.v128.and(bits(), v.i(sign)), m.i32.const(toSign)));
    });

/** The same for one word of f16. */
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

/** Values that a format can hold, to its bits in the low ends of four words. */
export const narrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `narrow_${dtype}`, (v, x) => {
      const { m } = v;
      const { shift, normal, step, rescale, exponents, fractions, sign, toSign } = formatOf(dtype);
      const size = v.hold(m.v128.andnot(x(), v.i(SIGN)));
      const bias = bits32(rescale) - bits32(1);
      const above = m.i32x4.shr_u(m.i32x4.sub(size(), v.i(bias)), m.i32.const(shift));
      const below = m.i32x4.trunc_sat_f32x4_s(v.mul(size(), v.f(1 / step)));
      const number = v.hold(v.select(m.f32x4.lt(size(), v.f(normal)), below, above));
      const fraction = m.v128.and(m.i32x4.shr_u(size(), m.i32.const(shift)), v.i(fractions));
      const special = m.i32x4.ge_s(size(), v.i(INFINITE));
      const bits = v.select(special, m.v128.or(fraction, v.i(exponents)), number());
      return m.v128.or(bits, m.v128.and(m.i32x4.shr_u(x(), m.i32.const(toSign)), v.i(sign)));
    });

import { DTYPES, type DType, greatestFloat } from "../../../ir/index.js";
import type { FunctionBuilder } from "../encode/function.js";
import { f32, f32x4, type Instruction, i32, i32x4, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { Lanes, vectorFunction } from "./vector.js";

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
    const even = v128.and(i32x4.shr_u(x(), i32.const(16)), v.i(1));
    const rounded = v128.and(i32x4.add(i32x4.add(x(), v.i(0x7fff)), even), v.i(-0x10000));
    return v.select(f32x4.eq(x(), x()), rounded, v.i(0x7fc00000));
  });

type Value = ReturnType<Lanes["hold"]>;

/** The magnitudes of a vector rounded by `normal` or `subnormal`, with their signs; NaN stays NaN. */
function rounded(v: Lanes, x: Value, dtype: DType, normal: (size: Value) => Value, subnormal: (size: Value) => Value) {
  const format = formatOf(dtype);
  const size = v.hold(v128.andnot(x(), v.i(SIGN)));
  const [above, below] = [normal(size), subnormal(size)];
  const value = v.select(f32x4.lt(size(), v.f(format.normal)), below(), above());
  const signed = v128.or(value, v128.and(x(), v.i(SIGN)));
  return v.select(f32x4.eq(x(), x()), signed, v.i(format.saturates ? 0x7fffffff : 0x7fc00000));
}

/** To the nearest number of a format whose exponents are smaller than those of f32. */
export const roundNarrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `round_${dtype}`, (v, x) => {
      const { shift, step, saturates } = formatOf(dtype);
      const greatest = bits32(greatestFloat(dtype));
      return rounded(
        v,
        x,
        dtype,
        (size) => {
          const even = v128.and(i32x4.shr_u(size(), i32.const(shift)), v.i(1));
          const up = i32x4.add(i32x4.add(size(), v.i(2 ** (shift - 1) - 1)), even);
          const cut = v.hold(v128.and(up, v.i(-(2 ** shift))));
          const over = i32x4.gt_s(cut(), v.i(greatest));
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
      const { shift, step } = formatOf(dtype);
      const greatest = bits32(greatestFloat(dtype));
      return rounded(
        v,
        x,
        dtype,
        (size) => {
          const cut = v.hold(v128.and(size(), v.i(-(2 ** shift))));
          const over = v128.and(i32x4.gt_s(cut(), v.i(greatest)), i32x4.lt_s(cut(), v.i(INFINITE)));
          return v.hold(v.select(over, v.i(greatest), cut()));
        },
        (size) => {
          // The least numbers of bf16 are those of f32, shortened.
          if (dtype === "bf16") return v.hold(v128.and(size(), v.i(-(2 ** shift))));
          const steps = i32x4.trunc_sat_f32x4_s(v.mul(size(), v.f(1 / step)));
          return v.hold(v.mul(f32x4.convert_i32x4_s(steps), v.f(step)));
        },
      );
    });

/** Bits of a format in the low ends of four words, to values. */
export const widenNarrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `widen_${dtype}`, (v, bits) => {
      const { shift, rescale, exponents, fractions, sign, toSign, finite } = formatOf(dtype);
      const size = v.hold(v128.and(bits(), v.i(sign - 1)));
      const value = v.mul(i32x4.shl(size(), i32.const(shift)), v.f(rescale));
      const special = i32x4.ge_s(size(), v.i(finite ? exponents | fractions : exponents));
      const finished = v128.or(value, v128.and(special, v.i(INFINITE)));
      return v128.or(finished, i32x4.shl(v128.and(bits(), v.i(sign)), i32.const(toSign)));
    });

/** The same for one word of f16. */
export function widenF16Scalar(fb: FunctionBuilder, word: Instruction): Instruction {
  const bits = fb.hold("i32", word);
  const shifted = i32.shl(i32.and(fb.get(bits), i32.const(0x7fff)), i32.const(13));
  const value = i32.reinterpret(f32.mul(f32.reinterpret(shifted), f32.const(2 ** 112)));
  const special = i32.ge_u(i32.and(fb.get(bits), i32.const(0x7c00)), i32.const(0x7c00));
  const finished = i32.or(value, i32.and(i32.sub(i32.const(0), special), i32.const(0x7f800000)));
  const sign = i32.shl(i32.and(fb.get(bits), i32.const(0x8000)), i32.const(16));
  return f32.reinterpret(i32.or(finished, sign));
}

/** The same for four words of f16. */
export function widenF16Vector(fb: FunctionBuilder, words: Instruction): Instruction {
  const v = new Lanes(fb);
  // The sign shifted along fills the upper bits of the exponent, which the mask clears.
  const placed = i32x4.shr_s(i32x4.shl(words, i32.const(16)), i32.const(3));
  const value = v.hold(v.mul(v128.and(placed, v.i(-0x70002000)), v.f(2 ** 112)));
  const special = f32x4.ge(f32x4.abs(value()), v.f(65536));
  return v128.or(value(), v128.and(special, v.i(INFINITE)));
}

/** Values that a format can hold, to its bits in the low ends of four words. */
export const narrow =
  (dtype: DType) =>
  (module: ModuleBuilder): string =>
    vectorFunction(module, `narrow_${dtype}`, (v, x) => {
      const { shift, normal, step, rescale, exponents, fractions, sign, toSign } = formatOf(dtype);
      const size = v.hold(v128.andnot(x(), v.i(SIGN)));
      const bias = bits32(rescale) - bits32(1);
      const above = i32x4.shr_u(i32x4.sub(size(), v.i(bias)), i32.const(shift));
      const below = i32x4.trunc_sat_f32x4_s(v.mul(size(), v.f(1 / step)));
      const number = v.hold(v.select(f32x4.lt(size(), v.f(normal)), below, above));
      const fraction = v128.and(i32x4.shr_u(size(), i32.const(shift)), v.i(fractions));
      const special = i32x4.ge_s(size(), v.i(INFINITE));
      const bits = v.select(special, v128.or(fraction, v.i(exponents)), number());
      return v128.or(bits, v128.and(i32x4.shr_u(x(), i32.const(toSign)), v.i(sign)));
    });

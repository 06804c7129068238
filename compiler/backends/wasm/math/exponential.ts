import { call, f32x4, type Instruction, i32, i32x4, v128 } from "../encode/instructions.js";
import type { ModuleBuilder } from "../encode/module.js";
import { type Lanes, vectorFunction } from "./vector.js";

type Value = () => Instruction;

/*
 * Four f32 at a time. The polynomials are near-minimax fits made for this file (weighted least squares on Chebyshev nodes, Lawson's
 * reweighting); the relative error of each function is within 2 units in the last place.
 */

// Low digits of ln 2 apart from the high ones, so that n · ln 2 loses nothing.
const LN2_HIGH = 0.693145751953125;
const LN2_LOW = Math.LN2 - LN2_HIGH;
const LOG2_E = Math.LOG2E;

const EXP = [0.4999999315542225, 0.16666515563061596, 0.04166844289690007, 0.008369348429016732, 0.0013813509225848134];
const EXP2 = [
  0.693147202724088, 0.2402264775621482, 0.05550331346613221, 0.00961845266777872, 0.0013399583740200663,
  0.00015350860116693392,
];
const LOG = [
  0.3333331323471643, -0.24999981851525713, 0.20002116095033975, -0.16669486174758835, 0.14220048121822498,
  -0.12379992592468841, 0.11863294797450157, -0.11818478154228979, 0.06967827740246282,
];

/** value · 2ⁿ for whole n; in two steps, so that results below the least normal number and above the greatest come out right. */
function scaleByPower(v: Lanes, value: Instruction, n: Value): Instruction {
  const whole = v.hold(i32x4.trunc_sat_f32x4_s(n()));
  const half = v.hold(i32x4.shr_s(whole(), i32.const(1)));
  const power = (exponent: Instruction) => i32x4.shl(i32x4.add(exponent, v.i(127)), i32.const(23));
  return v.mul(v.mul(value, power(half())), power(i32x4.sub(whole(), half())));
}

const clamp = (v: Lanes, x: Value, low: number, high: number) => v.hold(f32x4.min(f32x4.max(x(), v.f(low)), v.f(high)));

export const exp = (module: ModuleBuilder): string =>
  vectorFunction(module, "exp", (v, input) => {
    const x = clamp(v, input, -104, 89);
    const n = v.hold(f32x4.nearest(v.mul(x(), v.f(LOG2_E))));
    const r = v.hold(v.sub(v.sub(x(), v.mul(n(), v.f(LN2_HIGH))), v.mul(n(), v.f(LN2_LOW))));
    const tail = v.mul(v.mul(r(), r()), v.polynomial(r, EXP));
    return scaleByPower(v, v.add(v.add(tail, r()), v.f(1)), n);
  });

export const exp2 = (module: ModuleBuilder): string =>
  vectorFunction(module, "exp2", (v, input) => {
    const x = clamp(v, input, -151, 129);
    const n = v.hold(f32x4.nearest(x()));
    const r = v.hold(v.sub(x(), n()));
    return scaleByPower(v, v.add(v.mul(r(), v.polynomial(r, EXP2)), v.f(1)), n);
  });

/** x as 2ᵉ · (1 + f) with 1 + f from √½ to √2, for positive finite x. */
function split(v: Lanes, x: Value): { e: Value; f: Value } {
  const tiny = v.hold(f32x4.lt(x(), v.f(2 ** -126)));
  const bits = v.hold(v.select(tiny(), v.mul(x(), v.f(2 ** 23)), x()));
  const mantissa = v.hold(v128.or(v128.and(bits(), v.i(0x7fffff)), v.i(0x3f800000)));
  const large = v.hold(f32x4.gt(mantissa(), v.f(Math.SQRT2)));
  const shift = i32x4.sub(v128.and(tiny(), v.i(-23)), large());
  const exponent = i32x4.add(i32x4.sub(i32x4.shr_u(bits(), i32.const(23)), v.i(127)), shift);
  const e = v.hold(f32x4.convert_i32x4_s(exponent));
  const f = v.hold(v.sub(v.select(large(), v.mul(mantissa(), v.f(0.5)), mantissa()), v.f(1)));
  return { e, f };
}

/** ln(1 + f) without its leading f. */
function logTail(v: Lanes, f: Value): Instruction {
  const square = v.hold(v.mul(f(), f()));
  return v.sub(v.mul(v.mul(square(), f()), v.polynomial(f, LOG)), v.mul(square(), v.f(0.5)));
}

/** Zero gives −∞, negative numbers NaN, +∞ and NaN themselves. */
function edges(v: Lanes, x: Value, value: Instruction): Instruction {
  const result = v.hold(value);
  const positive = v.hold(v.select(f32x4.eq(x(), v.f(Number.POSITIVE_INFINITY)), x(), result()));
  const zero = v.hold(v.select(f32x4.eq(x(), v.f(0)), v.f(Number.NEGATIVE_INFINITY), positive()));
  return v.select(f32x4.ge(x(), v.f(0)), zero(), v.f(Number.NaN));
}

export const log = (module: ModuleBuilder): string =>
  vectorFunction(module, "log", (v, x) => {
    const { e, f } = split(v, x);
    const low = v.add(logTail(v, f), v.mul(e(), v.f(LN2_LOW)));
    return edges(v, x, v.add(v.mul(e(), v.f(LN2_HIGH)), v.add(low, f())));
  });

// log2(e) in two parts: the high one has few digits, so that its product with f is nearly exact.
const LOG2_E_HIGH = 1.4423828125;
const LOG2_E_LOW = Math.LOG2E - LOG2_E_HIGH;

export const log2 = (module: ModuleBuilder): string =>
  vectorFunction(module, "log2", (v, x) => {
    const { e, f } = split(v, x);
    const tail = v.hold(logTail(v, f));
    const low = v.add(v.mul(v.add(f(), tail()), v.f(LOG2_E_LOW)), v.mul(tail(), v.f(LOG2_E_HIGH)));
    return edges(v, x, v.add(v.add(low, v.mul(f(), v.f(LOG2_E_HIGH))), e()));
  });

const TANH = [
  -0.33333301313890373, 0.1333181598783158, -0.05376290477820576, 0.020696212309803855, -0.005753087012878492,
];

export const tanh = (module: ModuleBuilder): string => {
  const exponential = exp(module);
  return vectorFunction(module, "tanh", (v, x) => {
    const square = v.hold(v.mul(x(), x()));
    const small = v.hold(v.add(v.mul(v.mul(square(), x()), v.polynomial(square, TANH)), x()));
    const magnitude = v.hold(f32x4.abs(x()));
    const grown = call(exponential, v.add(magnitude(), magnitude()));
    const large = v.sub(v.f(1), f32x4.div(v.f(2), v.add(grown, v.f(1))));
    const value = v.select(f32x4.lt(magnitude(), v.f(0.625)), small(), large);
    return v128.or(value, v128.and(x(), v.i(-0x80000000)));
  });
};

const ERF = [
  1.1283791670631562, -0.3761263848380959, 0.112837827472133, -0.026865445822220814, 0.005221074880537347,
  -0.0008484711486161983, 0.0001127054476791605, -9.680137213086137e-6,
];
const ERFC = [
  -0.0006403370710928954, 0.2746765236017341, 0.20358027219605607, 0.4622880559025586, -0.3342233920075597,
  0.8086387995968606, -0.5261580417297498, 0.11184418706583764,
];

/** Odd polynomial up to 1; beyond it 1 − e^(−x²) · q(1 / (1 + 0.47 x)). */
export const erf = (module: ModuleBuilder): string => {
  const exponential = exp(module);
  return vectorFunction(module, "erf", (v, x) => {
    const square = v.hold(v.mul(x(), x()));
    const small = v.hold(v.mul(x(), v.polynomial(square, ERF)));
    const magnitude = v.hold(f32x4.min(f32x4.abs(x()), v.f(4.2)));
    const t = v.hold(f32x4.div(v.f(1), v.add(v.f(1), v.mul(magnitude(), v.f(0.47)))));
    const decay = call(exponential, f32x4.neg(v.mul(magnitude(), magnitude())));
    const large = v.sub(v.f(1), v.mul(decay, v.polynomial(t, ERFC)));
    const signed = v128.or(large, v128.and(x(), v.i(-0x80000000)));
    return v.select(f32x4.lt(f32x4.abs(x()), v.f(1)), small(), v.select(f32x4.ne(x(), x()), x(), signed));
  });
};

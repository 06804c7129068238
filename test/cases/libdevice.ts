/** What the kernels of libdevice.kernel.ts give: conversions by integers of any size, functions by doubles and how far off CUDA says they may be. */
import { realFunction } from "../../compiler/ops/real.mjs";
import type { Corner } from "./corners.js";

type Rounding = "rtne" | "rtz" | "down" | "up";
const ROUNDINGS: readonly Rounding[] = ["rtne", "rtz", "down", "up"];

/** A number that no integer is far from, and NaN, as PTX converts it: beyond the integer its end, of NaN nothing or the highest bit. */
function cut(x: number, bits: 32 | 64, signed: boolean, rounding: Rounding, from: "f32" | "f64"): bigint {
  const [least, most] = signed
    ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
    : [0n, (1n << BigInt(bits)) - 1n];
  if (Number.isNaN(x)) return bits === 32 && from === "f32" ? 0n : signed ? least : 1n << BigInt(bits - 1);
  if (!Number.isFinite(x)) return x > 0 ? most : least;
  const down = Math.floor(x);
  const isUp = { rtne: x - down > 0.5 || (x - down === 0.5 && down % 2 !== 0), rtz: x < 0, down: false, up: true }[
    rounding
  ];
  const whole = BigInt(down) + (x !== down && isUp ? 1n : 0n);
  return whole < least ? least : whole > most ? most : whole;
}

const words = (all: readonly bigint[]): number[] => [
  ...all.map((one) => Number(BigInt.asIntN(32, one >> 32n))),
  ...all.map((one) => Number(BigInt.asUintN(32, one))),
];

const HALVES = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 7.75, -7.75, 0, -0, 1e-40, -1e-40];
const LARGE = [2147483647, 2147483648, -2147483648, -2147483904, 4294967040, 4294967296, 4294967295.5, 3e9, 8388607.5];
const HUGE = [9.2e18, 2 ** 63, -(2 ** 63), 1.8e19, 2 ** 64, -1e30, Infinity, -Infinity, Number.NaN, 123456789012];
const NUMBERS = [...HALVES, ...LARGE, ...HUGE];

function cuts(dtype: "f32" | "f64"): Corner {
  const numbers = NUMBERS.map(dtype === "f32" ? Math.fround : (x) => x);
  const all = (bits: 32 | 64, signed: boolean) =>
    ROUNDINGS.map((rounding) => numbers.map((x) => cut(x, bits, signed, rounding, dtype)));
  return {
    title: `${dtype} to integers, rounded in all ways`,
    kernel: "cuts",
    dtypes: { T: dtype },
    args: { x: { dtype, numbers } },
    want: [
      ...[...all(32, true), ...all(32, false)].flat().map(Number),
      ...[...all(64, true), ...all(64, false)].flatMap(words),
    ],
    large: true,
  };
}

/** The next float on the way up or down. */
const next = { F32: realFunction("nextafterF32"), "": realFunction("nextafter") };

/** An exact number, held against a float by `above`: positive where the float is more. */
function rounded(nearest: number, above: number, rounding: Rounding, format: "F32" | ""): number {
  if (rounding === "rtne" || !(above !== 0)) return nearest;
  const [less, more] =
    above > 0 ? [next[format](nearest, -Infinity), nearest] : [nearest, next[format](nearest, Infinity)];
  return rounding === "down" ? less : rounding === "up" ? more : less < 0 ? more : less;
}

const sign = (value: bigint): number => (value < 0n ? -1 : value > 0n ? 1 : 0);
/** The nearest float of an integer: by a double that is rounded to odd it would be rounded once, so the neighbours are asked too. */
function nearestF32(whole: bigint): number {
  const near = Math.fround(Number(whole));
  const distance = (one: number) => (BigInt(one) > whole ? BigInt(one) - whole : whole - BigInt(one));
  const isEven = (one: number) => new Uint32Array(Float32Array.of(one).buffer)[0]! % 2 === 0;
  return [next.F32(near, -Infinity), near, next.F32(near, Infinity)].filter(Number.isInteger).reduce((best, one) => {
    const closer = sign(distance(one) - distance(best));
    return closer < 0 || (closer === 0 && isEven(one)) ? one : best;
  });
}

const ofIntegers = (all: readonly bigint[], format: "F32" | ""): number[] =>
  ROUNDINGS.flatMap((rounding) =>
    all.map((one) => {
      const near = format ? nearestF32(one) : Number(one);
      return rounded(near, sign(BigInt(near) - one), rounding, format) + 0;
    }),
  );

const HIGH = [
  0, 1, -1, 16777217, -16777217, 16777219, 2147483647, -2147483648, 33554433, -1, 5, 0x7fffff, 4194304, -4194305,
  2097152, 99,
];
const LOW = [0, 1, -1, 0, 1, -2147483648, -1, 0, 256, -256, 512, -2147483648, 1025, 77, 1, -2147483647];
const WHOLE = HIGH.map((high, at) => (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(LOW[at]!)));
const WIDE = [
  1.1,
  -1.1,
  1,
  -0,
  0,
  1e-46,
  -1e-46,
  1e-40,
  -1e-40,
  3.5e38,
  -3.5e38,
  1e300,
  Infinity,
  -Infinity,
  Number.NaN,
  2 ** -150,
];

const unsigned = (bits: number, all: readonly (number | bigint)[]): bigint[] =>
  all.map((one) => BigInt.asUintN(bits, BigInt(one)));

const narrowed: Corner = {
  title: "integers and doubles to floats, rounded in all ways",
  kernel: "narrowed",
  args: {
    high: { dtype: "i32", numbers: HIGH },
    low: { dtype: "i32", numbers: LOW },
    x: { dtype: "f64", numbers: WIDE },
  },
  want: [
    ...ofIntegers(HIGH.map(BigInt), "F32"),
    ...ofIntegers(unsigned(32, HIGH), "F32"),
    ...ofIntegers(WHOLE, "F32"),
    ...ofIntegers(unsigned(64, WHOLE), "F32"),
    ...ofIntegers(WHOLE, ""),
    ...ofIntegers(unsigned(64, WHOLE), ""),
    ...ROUNDINGS.flatMap((rounding) =>
      WIDE.map((x) => {
        const near = Math.fround(x);
        return near === x ? near : rounded(near, near - x, rounding, "F32");
      }),
    ),
  ],
  large: true,
};

const VALUES = [
  1,
  -1,
  0,
  -0,
  0.1,
  -1e-40,
  1e-45,
  3e38,
  Infinity,
  -Infinity,
  Number.NaN,
  12345.678,
  1.5,
  -7,
  2 ** -126,
  1e-38,
];
const MOST = 2 ** 31 - 1;
/** Into subnormal numbers, between two of them, and beyond all there are. */
const POWERS = {
  f32: [1, -149, 5, 5, 100, 3, 149, -250, 3, -3, 1, -MOST, -150, 130, -23, MOST],
  f64: [-1074, -1, 5, 5, -1060, -935, 1023, -1074, 3, -3, 1, -MOST, -1074, 1023, -949, MOST],
};

function parts(dtype: "f32" | "f64"): Corner {
  const cast = dtype === "f32" ? Math.fround : (x: number) => x;
  const numbers = VALUES.map(cast);
  const bits = numbers.map((x) => (Number.isNaN(x) ? 0n : new BigInt64Array(Float64Array.of(x).buffer)[0]!));
  const word = (shift: bigint) => bits.map((one) => Number(BigInt.asIntN(32, one >> shift)));
  // A product of doubles is rounded once; in f32 none of these is rounded before it is one.
  const power = (n: number) => (n > 1023 ? Infinity : n < -1074 ? 0 : 2 ** n);
  return {
    title: `words, signs and exponents of ${dtype}`,
    kernel: "parts",
    dtypes: { T: dtype },
    args: { x: { dtype, numbers }, n: { dtype: "i32", numbers: POWERS[dtype] } },
    want: [
      ...word(32n),
      ...word(0n),
      ...numbers.map((x) => (Number.isNaN(x) ? 0 : x)),
      ...numbers.map((x) => Number(x < 0 || Object.is(x, -0))),
      ...numbers.map((x) => (x === 0 || Number.isNaN(x) ? -MOST - 1 : Number.isFinite(x) ? exponentOf(x) : MOST)),
      ...numbers.map((x, at) => cast(x * power(POWERS[dtype][at]!))),
      ...numbers.map((_, at) => at % 2),
    ],
    large: true,
  };
}

const exponentOf = (x: number): number => {
  let exponent = 0;
  for (let size = Math.abs(x); size >= 2; size /= 2) exponent++;
  for (let size = Math.abs(x); size < 1; size *= 2) exponent--;
  return exponent;
};

const ANGLES = Array.from({ length: 32 }, (_, at) => Math.fround(((at - 15.6) / 16.5) * Math.PI));
const SIZES = ANGLES.map(Math.abs);
/** Of a result of f32, as what lies between it and the next. */
const ulp = (value: number): number => Math.abs(next.F32(Math.fround(value), Infinity) - Math.fround(value));
const ulps = (count: number) => (value: number) => (count + 1) * ulp(value);

/** What is right, and how far off CUDA's programming guide lets it be; a unit more for the rounding of what is right. */
type Bound = readonly [want: number, near: number];
const logarithm = (of: (x: number) => number, near: number, count: number) =>
  SIZES.map((x): Bound => [of(x), x >= 0.5 && x <= 2 ? near + ulp(of(x)) : ulps(count)(of(x))]);

const BOUNDS: readonly Bound[] = [
  ...ANGLES.map((x): Bound => [Math.sin(x), 2 ** -21.41]),
  ...ANGLES.map((x): Bound => [Math.cos(x), 2 ** -21.19]),
  // Of the quotient of both.
  ...ANGLES.map((x): Bound => {
    const tan = Math.tan(x);
    return [tan, (2 ** -21.41 + Math.abs(tan) * 2 ** -21.19) / (Math.abs(Math.cos(x)) - 2 ** -21.19) + ulps(2)(tan)];
  }),
  ...ANGLES.map((x): Bound => [Math.exp(x * 8), ulps(2 + Math.floor(1.173 * Math.abs(x * 8)))(Math.exp(x * 8))]),
  ...ANGLES.map((x): Bound => [10 ** (x * 4), ulps(2 + Math.floor(2.97 * Math.abs(x * 4)))(10 ** (x * 4))]),
  ...logarithm(Math.log, 2 ** -21.41, 3),
  ...logarithm(Math.log2, 2 ** -22, 2),
  ...logarithm(Math.log10, 2 ** -24, 3),
  // The logarithm's error and that of the product, times what the exponential makes of it.
  ...SIZES.map((size, at): Bound => {
    const [y, log] = [ANGLES[at]!, Math.log2(size)];
    const off = Math.abs(y) * (size >= 0.5 && size <= 2 ? 2 ** -22 : ulps(2)(log)) + ulp(y * log);
    return [size ** y, size ** y * off + ulps(2)(size ** y)];
  }),
  ...SIZES.map((size, at): Bound => {
    const quotient = ANGLES[at]! / Math.fround(size + Math.fround(0.3));
    return [quotient, ulps(2)(quotient)];
  }),
  ...ANGLES.map((x): Bound => [1 / x, Math.abs(1 / x) * 2 ** -19]),
];

const approximate: Corner = {
  title: "what is fast, as near as CUDA says",
  kernel: "approximate",
  args: { x: { dtype: "f32", numbers: ANGLES } },
  want: BOUNDS.map(([want]) => want),
  near: BOUNDS.map(([, near]) => near),
  large: true,
};

const ORDERS = Array.from({ length: 32 }, (_, at) => [0, 1, 2, 3, 5, 10, 40, 128][at % 8]! - (at === 31 ? 129 : 0));
const PLACES = Array.from(
  { length: 32 },
  (_, at) => [0.5, 3, 11.25, 47, 130][at % 5]! * (at % 3 === 2 && at < 20 ? -1 : 1),
);
PLACES.splice(25, 4, 0, Infinity, Number.NaN, -Infinity);

function orders(dtype: "f32" | "f64"): Corner {
  const [jn, yn] = [realFunction("jn"), realFunction("yn")];
  const absolute = dtype === "f32" ? 2.2e-6 : 1.2e-12;
  const cast = dtype === "f32" ? Math.fround : (x: number) => x;
  const first = (n: number, x: number): Bound => [cast(jn(n, x)), absolute];
  // Of f64 nothing is said near the order and below it.
  const beside = (n: number, want: number) =>
    dtype === "f32" ? (3 + 2.5 * n) * ulp(want) : 1e-11 * Math.max(Math.abs(want), 1);
  const second = (n: number, x: number): Bound => {
    const want = cast(yn(n, x));
    return [want, x < n * (dtype === "f32" ? 1 : 1.5) ? beside(n, want) : absolute];
  };
  const bounds = [
    ...PLACES.map((x, at) => first(ORDERS[at]!, x)),
    ...PLACES.map((x, at) => second(ORDERS[at]!, x)),
    ...PLACES.map((x) => first(7, x)),
    ...PLACES.map((x) => second(3, x)),
  ];
  return {
    title: `Bessel functions of ${dtype} of any order, as near as CUDA says`,
    kernel: "besselOrders",
    dtypes: { T: dtype },
    args: { n: { dtype: "i32", numbers: ORDERS }, x: { dtype, numbers: PLACES }, order: 7 },
    want: bounds.map(([want]) => want),
    near: bounds.map(([, near]) => near),
    large: true,
  };
}

const A = [0, 1, -1, 2147483647, -2147483648, 305419896, 4096, -4096, 16777215, -8388608, 7, -7, 65536, 99, -99, 5];
const B = [3, -1, -1, 2147483647, -2147483648, -87654321, 8, 7, 16777215, 8388607, -7, 2, -65536, 2147483646, 98, 10];
/** With higher words of their own; doubles hold them. */
const WIDER = [
  0,
  1,
  -1,
  2 ** 52,
  -(2 ** 52),
  2 ** 40 + 5,
  2 ** 32,
  -(2 ** 33),
  2 ** 31,
  3 * 2 ** 45,
  77,
  -77,
  2 ** 36 - 1,
  99,
  -(2 ** 47) + 1,
  5,
];

const binary = (x: bigint, bits: number) => BigInt.asUintN(bits, x).toString(2).padStart(bits, "0");
const inDType = (dtype: "i32" | "u32" | "i64", x: bigint) =>
  dtype === "i64" ? BigInt.asIntN(64, x) : dtype === "i32" ? BigInt.asIntN(32, x) : BigInt.asUintN(32, x);

function bits(dtype: "i32" | "u32" | "i64"): Corner {
  const size = dtype === "i64" ? 64 : 32;
  const [a, b] = [dtype === "i64" ? WIDER : A, dtype === "i64" ? [...WIDER].reverse() : B].map((all) =>
    all.map((one) => inDType(dtype, BigInt(one))),
  ) as [bigint[], bigint[]];
  return {
    title: `bits of ${dtype}`,
    kernel: "bitsOf",
    dtypes: { T: dtype },
    args: { a: { dtype, numbers: a.map(Number) }, b: { dtype, numbers: b.map(Number) } },
    want: [
      ...a.map((x) => binary(x, size).replaceAll("0", "").length),
      ...a.map((x) => `${binary(x, size)}1`.indexOf("1")),
      ...a.map((x) => (x === 0n ? 0 : size - binary(x, size).lastIndexOf("1"))),
      ...words(a.map((x) => inDType(dtype, BigInt(`0b${[...binary(x, size)].reverse().join("")}`)))),
      ...words(a.map((x, at) => inDType(dtype, (x * b[at]!) >> BigInt(size)))),
    ],
    large: true,
  };
}

function pairs(dtype: "i32" | "u32"): Corner {
  const [a, b] = [A, B].map((all) => all.map((one) => inDType(dtype, BigInt(one)))) as [bigint[], bigint[]];
  const all = (of: (x: bigint, y: bigint, at: number) => bigint) =>
    a.map((x, at) => Number(inDType(dtype, of(x, b[at]!, at))));
  const lower = (x: bigint) => (dtype === "i32" ? BigInt.asIntN(24, x) : BigInt.asUintN(24, x));
  const byte = (x: bigint, y: bigint, which: bigint) =>
    (((BigInt.asUintN(32, y) << 32n) | BigInt.asUintN(32, x)) >> (8n * (which & 7n))) & 0xffn;
  return {
    title: `pairs of ${dtype}`,
    kernel: "ofWords",
    dtypes: { T: dtype },
    args: { a: { dtype, numbers: a.map(Number) }, b: { dtype, numbers: b.map(Number) } },
    want: [
      ...all((x, y) => lower(x) * lower(y)),
      ...all((x, y) => (x + y) >> 1n),
      ...all((x, y) => (x + y + 1n) >> 1n),
      ...a.map((x, at) => Number(BigInt.asUintN(32, (x > b[at]! ? x - b[at]! : b[at]! - x) + 7n))),
      ...all((x, y, at) =>
        [0n, 4n, 8n, 12n].reduce((sum, by) => sum | (byte(x, y, BigInt(at * 0x1357) >> by) << (2n * by)), 0n),
      ),
    ],
    large: true,
  };
}

export const LIBDEVICE: readonly Corner[] = [
  ...(["f32", "f64"] as const).flatMap((dtype) => [cuts(dtype), parts(dtype), orders(dtype)]),
  ...(["i32", "u32", "i64"] as const).map(bits),
  ...(["i32", "u32"] as const).map(pairs),
  narrowed,
  approximate,
];

/* Conversions that round as they are told, words of doubles, and functions that are fast or of integers too: as corners.kernel.ts, and libdevice.ts says
what is right. */
import {
  arange,
  bitcast,
  brev,
  bytePerm,
  clz,
  double2hiint,
  double2loint,
  fastCos,
  fastDivide,
  fastExp,
  fastExp10,
  fastLog,
  fastLog2,
  fastLog10,
  fastPow,
  fastSin,
  fastTan,
  ffs,
  hadd,
  hiloint2double,
  type Int,
  ilogb,
  isnan,
  jn,
  kernel,
  ldexp,
  load,
  mul24,
  mulhi,
  type Ptr,
  popc,
  rcp64h,
  rhadd,
  sad,
  signbit,
  store,
  type Tile,
  to,
  where,
  yn,
} from "tilescript";

type Out = Ptr<"f64">;
type Of<D extends "i32" | "u32" | "i64" | "u64" | "f32" | "f64"> = Tile<[32], D>;

/** 32 integers of 64 bits as their upper words and their lower ones. */
function putWords(out: Out, at: number, x: Of<"i64">) {
  const i = arange(0, 32);
  store(out + at + i, to(to(x >> 32, "i32"), "f64"));
  store(out + at + 32 + i, to(to(x, "u32"), "f64"));
}

/** 32 numbers as integers of each kind, to the nearest, toward zero, down and up. */
export const cuts = kernel(
  <T extends "f32" | "f64">({ x, out }: { x: Ptr<T>; out: Out }) => {
    const i = arange(0, 32);
    const v = load(x + i);
    store(out + i, to(to(v, "i32", { rounding: "rtne" }), "f64"));
    store(out + 32 + i, to(to(v, "i32", { rounding: "rtz" }), "f64"));
    store(out + 64 + i, to(to(v, "i32", { rounding: "down" }), "f64"));
    store(out + 96 + i, to(to(v, "i32", { rounding: "up" }), "f64"));
    store(out + 128 + i, to(to(v, "u32", { rounding: "rtne" }), "f64"));
    store(out + 160 + i, to(to(v, "u32", { rounding: "rtz" }), "f64"));
    store(out + 192 + i, to(to(v, "u32", { rounding: "down" }), "f64"));
    store(out + 224 + i, to(to(v, "u32", { rounding: "up" }), "f64"));
    putWords(out, 256, to(v, "i64", { rounding: "rtne" }));
    putWords(out, 320, to(v, "i64", { rounding: "rtz" }));
    putWords(out, 384, to(v, "i64", { rounding: "down" }));
    putWords(out, 448, to(v, "i64", { rounding: "up" }));
    putWords(out, 512, bitcast(to(v, "u64", { rounding: "rtne" }), "i64"));
    putWords(out, 576, bitcast(to(v, "u64", { rounding: "rtz" }), "i64"));
    putWords(out, 640, bitcast(to(v, "u64", { rounding: "down" }), "i64"));
    putWords(out, 704, bitcast(to(v, "u64", { rounding: "up" }), "i64"));
  },
  { builds: [{ dtypes: { T: "f32" } }, { dtypes: { T: "f64" } }] },
);

/** 16 numbers as floats of another kind, to the nearest, toward zero, down and up. */
function putFloats<T extends "i32" | "u32" | "i64" | "u64" | "f64">(out: Out, at: number, x: Tile<[16], T>) {
  const i = arange(0, 16);
  store(out + at + i, to(to(x, "f32", { rounding: "rtne" }), "f64"));
  store(out + at + 16 + i, to(to(x, "f32", { rounding: "rtz" }), "f64"));
  store(out + at + 32 + i, to(to(x, "f32", { rounding: "down" }), "f64"));
  store(out + at + 48 + i, to(to(x, "f32", { rounding: "up" }), "f64"));
}

function putDoubles<T extends "i64" | "u64">(out: Out, at: number, x: Tile<[16], T>) {
  const i = arange(0, 16);
  store(out + at + i, to(x, "f64", { rounding: "rtne" }));
  store(out + at + 16 + i, to(x, "f64", { rounding: "rtz" }));
  store(out + at + 32 + i, to(x, "f64", { rounding: "down" }));
  store(out + at + 48 + i, to(x, "f64", { rounding: "up" }));
}

/** Integers of two words each, the upper ones, and doubles, as narrower floats. */
export const narrowed = kernel(
  ({ high, low, x, out }: { high: Ptr<"i32">; low: Ptr<"i32">; x: Ptr<"f64">; out: Out }) => {
    const i = arange(0, 16);
    const upper = load(high + i);
    const whole = bitcast(hiloint2double(upper, load(low + i)), "i64");
    putFloats(out, 0, upper);
    putFloats(out, 64, bitcast(upper, "u32"));
    putFloats(out, 128, whole);
    putFloats(out, 192, bitcast(whole, "u64"));
    putDoubles(out, 256, whole);
    putDoubles(out, 320, bitcast(whole, "u64"));
    putFloats(out, 384, load(x + i));
  },
);

/** Words, signs and exponents of 16 numbers, and these times powers of two. */
export const parts = kernel(
  <T extends "f32" | "f64">({ x, n, out }: { x: Ptr<T>; n: Ptr<"i32">; out: Out }) => {
    const i = arange(0, 16);
    const v = load(x + i);
    // Which NaN it becomes differs.
    const wide = where(isnan(v), 0, to(v, "f64"));
    store(out + i, to(double2hiint(wide), "f64"));
    store(out + 16 + i, to(double2loint(wide), "f64"));
    store(out + 32 + i, hiloint2double(double2hiint(wide), double2loint(wide)));
    store(out + 48 + i, where(signbit(v), 1.0, 0.0));
    store(out + 64 + i, to(ilogb(v), "f64"));
    store(out + 80 + i, to(ldexp(v, load(n + i)), "f64"));
    // A NaN with either sign.
    store(out + 96 + i, where(signbit(bitcast((to(i, "u32") << 31) | 0x7fc00000, "f32")), 1.0, 0.0));
  },
  { builds: [{ dtypes: { T: "f32" } }, { dtypes: { T: "f64" } }] },
);

/** What is fast, of 32 numbers from −π to π, of their sizes, and of both. */
export const approximate = kernel(({ x, out }: { x: Ptr<"f32">; out: Out }) => {
  const i = arange(0, 32);
  const v = load(x + i);
  const size = where(v < 0, -v, v);
  store(out + i, fastSin(v));
  store(out + 32 + i, fastCos(v));
  store(out + 64 + i, fastTan(v));
  store(out + 96 + i, fastExp(v * 8));
  store(out + 128 + i, fastExp10(v * 4));
  store(out + 160 + i, fastLog(size));
  store(out + 192 + i, fastLog2(size));
  store(out + 224 + i, fastLog10(size));
  store(out + 256 + i, fastPow(size, v));
  store(out + 288 + i, fastDivide(v, size + 0.3));
  store(out + 320 + i, rcp64h(to(v, "f64")));
});

/** Bessel functions of orders that differ, and of one. */
export const besselOrders = kernel(
  <T extends "f32" | "f64">({ n, x, order, out }: { n: Ptr<"i32">; x: Ptr<T>; order: Int; out: Out }) => {
    const i = arange(0, 32);
    const v = load(x + i);
    store(out + i, jn(load(n + i), v));
    store(out + 32 + i, yn(load(n + i), v));
    store(out + 64 + i, jn(order, v));
    store(out + 96 + i, yn(3, v));
  },
  { builds: [{ dtypes: { T: "f32" } }, { dtypes: { T: "f64" } }] },
);

/** 16 integers of 64 bits as their upper words and their lower ones. */
function putHalves(out: Out, at: number, x: Tile<[16], "i64">) {
  const i = arange(0, 16);
  store(out + at + i, to(to(x >> 32, "i32"), "f64"));
  store(out + at + 16 + i, to(to(x, "u32"), "f64"));
}

/** Bits of 16 integers: how many, where, turned round, and of products what is above. */
export const bitsOf = kernel(
  <T extends "i32" | "u32" | "i64">({ a, b, out }: { a: Ptr<T>; b: Ptr<T>; out: Out }) => {
    const i = arange(0, 16);
    const [x, y] = [load(a + i), load(b + i)];
    store(out + i, to(popc(x), "f64"));
    store(out + 16 + i, to(clz(x), "f64"));
    store(out + 32 + i, to(ffs(x), "f64"));
    putHalves(out, 48, to(brev(x), "i64"));
    putHalves(out, 80, to(mulhi(x, y), "i64"));
  },
  { builds: (["i32", "u32", "i64"] as const).map((T) => ({ dtypes: { T } })) },
);

/** Of integers of 32 bits: 24 of them multiplied, means, distances, and bytes of both. */
export const ofWords = kernel(
  <T extends "i32" | "u32">({ a, b, out }: { a: Ptr<T>; b: Ptr<T>; out: Out }) => {
    const i = arange(0, 16);
    const [x, y] = [load(a + i), load(b + i)];
    store(out + i, to(mul24(x, y), "f64"));
    store(out + 16 + i, to(hadd(x, y), "f64"));
    store(out + 32 + i, to(rhadd(x, y), "f64"));
    store(out + 48 + i, to(sad(x, y, 7), "f64"));
    store(out + 64 + i, to(bytePerm(x, y, i * 0x1357), "f64"));
  },
  { builds: [{ dtypes: { T: "i32" } }, { dtypes: { T: "u32" } }] },
);

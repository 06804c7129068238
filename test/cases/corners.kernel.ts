/* Where TypeScript, Python, C and the hardware disagree: each kernel writes what it gets as f64, and corners.ts says what is right. */
import {
  abs,
  arange,
  argmax,
  argmin,
  atomicAdd,
  atomicCas,
  atomicExchange,
  atomicMax,
  atomicMin,
  bitcast,
  type Const,
  cdiv,
  clamp,
  col,
  debugBarrier,
  dtypeOf,
  type F32,
  floorDiv,
  fma,
  full,
  type Int,
  kernel,
  load,
  maximum,
  maxWithIndex,
  mod,
  type Ptr,
  range,
  reshape,
  row,
  staticRange,
  store,
  sum,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";

type Out = Ptr<"f64">;

/** Literals take the dtype of what they meet, and are rounded as it rounds. h = 3.328125, 1, 2, f16(0.1); b the same in bf16. */
export const literals = kernel(({ h, b, out }: { h: Ptr<"f16">; b: Ptr<"bf16">; out: Out }) => {
  const i = arange(0, 4);
  const x = load(b + i);
  store(out + i, to(x * 0.1, "f64"));
  store(out + 4 + i, to(where(x < 0, x, 0.1), "f64"));
  store(out + 8 + i, to(load(h + i) === 0.1, "f64"));
  store(out + 12 + i, to(maximum(load(h + i), 0.3), "f64"));
  store(out + 16 + i, to(load(h + i, { mask: i < 2, other: 0.1 }), "f64"));
  store(out + 20 + i, to(full([4], 0.1, "f16"), "f64"));
  store(out + 24 + i, to(x + 257, "f64"));
  store(out + 28 + i, to(clamp(x, 0.1, 0.3), "f64"));
});

/** A conversion of a literal is one, and so is the next. */
export const conversions = kernel(({ x, out, wide }: { x: Ptr<"f32">; out: Out; wide: Ptr<"f64"> }) => {
  const one = load(x);
  store(out, to(to(to(0.1, "f16"), "f32"), "f64"));
  store(out + 1, to(to(to(2049, "f16"), "f32"), "f64"));
  store(out + 2, to(to(to(70000, "f16"), "f32"), "f64"));
  store(out + 3, to(to(0.1, "bf16"), "f64"));
  store(out + 4, to(to(0.1, "bf16") * one, "f64"));
  const kept = to(0.1, "bf16");
  store(out + 5, to(to(kept, "f32") * one, "f64"));
  store(out + 6, to(to(16777217, "f32"), "f64"));
  store(out + 7, to(to(to(2.5, "f16"), "i32"), "f64"));
  store(out + 8, to(to(to(-1, "i32"), "u32"), "f64"));
  store(out + 9, to(0.1, "f64"));
  store(out + 10, load(wide) * 0.1);
  store(out + 11, to(full([], 0.1, "f64"), "f64"));
  store(out + 12, to(to(0.1, "f32"), "f64"));
});

/** Quotients are cut toward zero and remainders have the sign of a, in literals, constants and unrolled loops as in programs. */
export const divisions = kernel(
  ({ s, out, N, M }: { s: Int; out: Out; N: Const<"N">; M: Const<"M"> }) => {
    store(out, to(floorDiv(N, M), "f64"));
    store(out + 1, to(N % M, "f64"));
    store(out + 2, to(mod(N, M), "f64"));
    store(out + 3, to(cdiv(N, M), "f64"));
    store(out + 4, to(floorDiv(s, M), "f64"));
    store(out + 5, to(s % M, "f64"));
    store(out + 6, to(cdiv(s, M), "f64"));
    store(out + 7, to(floorDiv(-7, 3), "f64"));
    store(out + 8, to(-7 % 3, "f64"));
    store(out + 9, to(cdiv(-7, 3), "f64"));
    for (const i of staticRange(-4, 4)) {
      store(out + 14 + i, to(i % 3, "f64"));
      store(out + 22 + i, to(floorDiv(i, 3), "f64"));
      store(out + 30 + i, to(cdiv(i, 3), "f64"));
    }
    let kept = -7;
    store(out + 34, to(floorDiv(kept, 2), "f64"));
    kept = kept + 1;
    store(out + 35, to(floorDiv(kept, 4), "f64"));
    store(out + 36, to(abs(N) + abs(M), "f64"));
  },
  { builds: [{ constants: { N: -7, M: 3 } }] },
);

/** The same of tiles: [16] of a by b. */
export const tileDivisions = kernel(({ a, b, out }: { a: Ptr<"i32">; b: Ptr<"i32">; out: Out }) => {
  const i = arange(0, 16);
  const x = load(a + i);
  const y = load(b + i);
  store(out + i, to(floorDiv(x, y), "f64"));
  store(out + 16 + i, to(x % y, "f64"));
  store(out + 32 + i, to(cdiv(x, y), "f64"));
  store(out + 48 + i, to(cdiv(bitcast(x, "u32"), to(10, "u32")), "f64"));
  store(out + 64 + i, to(cdiv(to(x, "i64"), y), "f64"));
});

/** By the width and more everything is shifted out. x [8] by n [8]. */
export const shifts = kernel(
  ({ x, n, out, A, B }: { x: Ptr<"i32">; n: Ptr<"i32">; out: Out; A: Const<"A">; B: Const<"B"> }) => {
    const i = arange(0, 8);
    const number = load(x + i);
    const by = load(n + i);
    store(out + i, to(number << by, "f64"));
    store(out + 8 + i, to(number >> by, "f64"));
    store(out + 16 + i, to(number >>> by, "f64"));
    store(out + 24 + i, to(to(number, "i8") >> to(by, "i8"), "f64"));
    store(out + 32 + i, to(bitcast(number, "u32") >> bitcast(by, "u32"), "f64"));
    store(out + 40 + i, to(to(number, "i64") << to(by, "i64"), "f64"));
    const one = load(x);
    const amount = load(n + 7);
    store(out + 48, to(one << amount, "f64"));
    store(out + 49, to(one >> amount, "f64"));
    store(out + 50, to(A >>> B, "f64"));
    store(out + 51, to(A >> B, "f64"));
    store(out + 52, to(5 << B, "f64"));
    store(out + 53, to(-7 >>> 28, "f64"));
    store(out + 54, to(5 >>> load(n + 1), "f64"));
    for (const j of staticRange(-1, 0)) store(out + 55, to(j >>> B, "f64"));
  },
  { builds: [{ constants: { A: -7, B: 28 } }] },
);

/** Loops whose step is known as they run. */
export const steps = kernel(({ out, a, b, s }: { out: Out; a: Int; b: Int; s: Int }) => {
  let turns = 0;
  let last = -99;
  for (const i of range(a, b, s)) {
    turns = turns + 1;
    last = i;
  }
  store(out, to(turns, "f64"));
  store(out + 1, to(last, "f64"));
});

/** One rounding. x = 1.1, 1 + 2^-11 + 2^-40, 1 + 2^-8 + 2^-40, 65519.99999999999. */
export const roundings = kernel(({ x, f, out }: { x: Ptr<"f64">; f: Ptr<"f32">; out: Out }) => {
  const i = arange(0, 4);
  const one = load(x + i);
  store(out + i, fma(one, one, -(one * one)));
  store(out + 4 + i, to(to(one, "f16"), "f64"));
  store(out + 8 + i, to(to(one, "bf16"), "f64"));
  const single = load(f + i);
  store(out + 12 + i, to(fma(single, load(f + 4 + i), load(f + 8 + i)), "f64"));
});

function adjusted(v: number, by?: number, plus?: F32): number {
  if (by === undefined) return plus === undefined ? v : v + plus;
  const product = v * by;
  return plus !== undefined ? product + plus : product;
}
const passedOn = (v: number, by?: number): number => adjusted(v, by) * 2;
const filled = (v: number, by?: number): number => v * (by ?? 3);
function between(v: number, low?: number, high?: number): number {
  if (low === undefined && high === undefined) return v;
  if (low !== undefined && high !== undefined) return v + low * 10 + high;
  return low === undefined ? v - high! : v + low;
}

/** Arguments that calls leave out. x = 1. */
export const optional = kernel(({ x, out }: { x: Ptr<"f32">; out: Out }) => {
  const v = load(x);
  store(out, to(adjusted(v) + adjusted(v, 2) + adjusted(v, undefined, 1.0) + adjusted(v, 2, 1.0), "f64"));
  store(out + 1, to(passedOn(v) + passedOn(v, 3), "f64"));
  store(out + 2, to(filled(v) + filled(v, 1), "f64"));
  store(out + 3, to(between(v) + between(v, 1) + between(v, undefined, 2) + between(v, 3, 4), "f64"));
});

/** Products in the middle between two halves, beside which what is added decides. a, b and c of two. */
export const fusedHalves = kernel(({ h, b, out }: { h: Ptr<"f16">; b: Ptr<"bf16">; out: Out }) => {
  const i = arange(0, 2);
  store(out + i, to(fma(load(h + i), load(h + 2 + i), load(h + 4 + i)), "f64"));
  store(out + 2 + i, to(fma(load(b + i), load(b + 2 + i), load(b + 4 + i)), "f64"));
});

/** The lowest index of the best, in the order of the tile. x [M, N] of ((i · 31) mod 23) − 11. */
export const best = kernel(
  ({ x, out, M, N }: { x: Ptr<"f32">; out: Out; M: Const<"M">; N: Const<"N"> }) => {
    const v = load(x + col(arange(0, M)) * N + row(arange(0, N)));
    store(out, to(argmax(v), "f64"));
    store(out + 1, to(argmin(v), "f64"));
    const [most, at] = maxWithIndex(reshape(v, [M * N]), 0);
    store(out + 2, to(most, "f64"));
    store(out + 3, to(at, "f64"));
    const whole = to(v, "i32");
    store(out + 4, to(argmax(whole), "f64"));
    store(out + 5, to(argmin(reshape(whole, [M * N]), 0), "f64"));
    const [greatest, place] = maxWithIndex(reshape(whole, [M * N]), 0);
    store(out + 6, to(greatest, "f64"));
    store(out + 7, to(place, "f64"));
    store(out + 8, to(argmax(reshape(v, [M * N]), 0), "f64"));
    store(out + 9 + arange(0, M), to(argmax(v, 1), "f64"));
    store(out + 9 + M + arange(0, N), to(argmin(to(v, "bf16"), 0), "f64"));
  },
  { builds: [{ constants: { M: 64, N: 128 } }, { constants: { M: 4, N: 16 } }] },
);

/** NaN wins only where there is nothing else. x [4, 4]. */
export const missing = kernel(({ x, out }: { x: Ptr<"f32">; out: Out }) => {
  const i = arange(0, 4);
  const v = load(x + col(i) * 4 + row(i));
  const [most, at] = maxWithIndex(v, 1);
  store(out + i, to(most, "f64"));
  store(out + 4 + i, to(at, "f64"));
  store(out + 8 + i, to(argmax(v, 1), "f64"));
  store(out + 12 + i, to(argmin(-v, 1), "f64"));
  store(out + 16 + i, to(argmax(to(v, "f16"), 0), "f64"));
});

/** Atomics of tiles of pointers with one value for all. */
export const atomics = kernel(
  ({
    locks,
    y,
    x,
    most,
    least,
    out,
    A,
  }: {
    locks: Ptr<"i64">;
    y: Ptr<"i32">;
    x: Ptr<"f32">;
    most: Ptr<"f32">;
    least: Ptr<"f32">;
    out: Out;
    A: Const<"A">;
  }) => {
    const i = arange(0, 8);
    store(out + i, to(atomicCas(locks + i, 0, 1), "f64"));
    store(out + 8, to(atomicExchange(y, A, { mask: true }), "f64"));
    store(out + 9, to(load(y), "f64"));
    const four = arange(0, 4);
    atomicMax(most + four, load(x + four));
    atomicMin(least + four, load(x + four));
    debugBarrier();
    store(out + 10 + four, to(load(most + four), "f64"));
    store(out + 14 + four, to(load(least + four), "f64"));
  },
  { builds: [{ constants: { A: 5 } }] },
);

function put(at: Out, value: number): number {
  store(at, to(value, "f64"));
  return value;
}

/** What a statement does is done, also inside of an expression, and only where JavaScript would do it. n = 2. */
export const effects = kernel(({ out, count, n }: { out: Out; count: Ptr<"i32">; n: Int }) => {
  n > 3 || put(out, 1);
  n > 3 && put(out + 1, 1);
  atomicAdd(count, 1) + 1;
  -put(out + 2, 3);
  put(out + 3, 4) > 9 ? put(out + 4, 5) : put(out + 5, 6);
  let x = 0;
  // biome-ignore lint/suspicious/noAssignInExpressions: JavaScript takes it
  n > 1 && (x = 5);
  n > 100 || x++;
  store(out + 6, to(x, "f64"));
  const both = n > 3 && put(out + 7, 1) > 0;
  store(out + 8, to(both || put(out + 9, 7) > 0, "f64"));
  store(out + 10, to(load(count), "f64"));
});

/** Memory that a condition rules out is not read. p has n = 3 numbers above 0. */
export const guards = kernel(({ p, out, n }: { p: Ptr<"i32">; out: Out; n: Int }) => {
  if (n > 100 && load(p + n * 1000) > 2) store(out, 1.0);
  else store(out, 2.0);
  if (n < 100 || load(p + n * 1000) > 2) store(out + 1, 1.0);
  else store(out + 1, 2.0);
  let i = 0;
  while (i < n && load(p + i) > 0) i++;
  store(out + 2, to(i, "f64"));
  store(out + 3, to(n > 100 ? load(p + n * 1000) : 7, "f64"));
  const lanes = arange(0, 4);
  store(out + 4, to(sum(to(n > 100 && load(p + n * 1000 + lanes) > 0, "i32"), 0), "f64"));
});

const WEIGHTS = [1, 2, 3] as const;
const SIZES = [4, 8] as const;
const PAIRS = [
  [1, 10],
  [2, 20],
] as const;
const { LOG2E } = Math;
const Scale = { GAIN: 2 } as const;
function scaled(v: number): number;
function scaled(v: number, by: number): number;
function scaled(v: number, by = 3): number {
  return v * by;
}
function clipped(v: number, most: number): number {
  if (v > most) v = most;
  most += 1;
  return v + most;
}

/** What TypeScript's authors write without thinking. n = 5. */
export const habits = kernel(({ out, n }: { out: Out; n: Int }) => {
  let sums = 0;
  for (const w of WEIGHTS) sums = sums * 10 + w;
  store(out, to(sums, "f64"));
  let picked = 0;
  for (const i of staticRange(3)) picked += WEIGHTS[i]!;
  store(out + 1, to(picked, "f64"));
  for (const [at, value] of PAIRS) store(out + 1 + at, to(value, "f64"));
  const [rows, columns] = SIZES;
  store(out + 4, to(sum(arange(0, rows), 0) + sum(arange(0, columns), 0), "f64"));
  for (const i of staticRange(1, 3)) store(out + 4 + i, to(sum(arange(0, 1 << i), 0), "f64"));
  let chosen: number;
  if (n > 3) chosen = n * 2;
  else chosen = n * 3;
  store(out + 7, to(chosen, "f64"));
  let counted = 0;
  for (let i = 1; i <= n; i += 2) counted = counted * 10 + i;
  for (let i = n - 1; i > 2; i--) counted = counted * 10 + i;
  store(out + 8, to(counted, "f64"));
  store(out + 9, to(scaled(n) + scaled(n, 4), "f64"));
  store(out + 10, to(clipped(n, 3), "f64"));
  store(out + 11, to(n, "f64"));
  store(out + 12, to(Scale.GAIN, "f64"));
  store(out + 13, to(to(LOG2E, "f32"), "f64"));
  store(out + 14, to(to(9007199254740993n, "i64") % 10, "f64"));
  n = n - 4;
  store(out + 15, to(n, "f64"));
});

/** Loops that are left early. x has n = 6 numbers: 3, 0, 5, -1, 7, 9. */
export const leaving = kernel(({ x, out, n }: { x: Ptr<"i32">; out: Out; n: Int }) => {
  let sums = 0;
  for (const i of range(n)) {
    const v = load(x + i);
    if (v === 0) continue;
    if (v < 0) {
      sums += 100;
      break;
    }
    sums += v;
  }
  store(out, to(sums, "f64"));
  let i = 0;
  let found = -1;
  while (true) {
    if (i >= n) break;
    if (load(x + i) > 5) {
      found = i;
      break;
    }
    i++;
  }
  store(out + 1, to(found, "f64"));
  let digits = 0;
  for (const w of WEIGHTS) {
    if (w === n - 4) continue;
    digits = digits * 10 + w;
  }
  store(out + 2, to(digits, "f64"));
  let first = 0;
  for (const w of WEIGHTS) {
    if (load(x + w) === 5) break;
    first = first * 10 + w;
  }
  store(out + 3, to(first, "f64"));
  let inner = 0;
  for (let r = 0; r < 3; r++) {
    for (const c of range(4)) {
      if (c > r) break;
      inner++;
    }
    if (r === 1) continue;
    inner += 10;
  }
  store(out + 4, to(inner, "f64"));
});

/** The stages of a loop follow a constant, in a function too. */
function totalInStages(x: Ptr<"f32">, n: number, S: number) {
  let sum = 0.0;
  for (const i of range(0, n, 1, { numStages: S + 1, loopUnrollFactor: S })) sum += load(x + i);
  return sum;
}

export const stages = kernel(
  ({ x, out, n, S }: { x: Ptr<"f32">; out: Out; n: Int; S: Const<"S"> }) => {
    const doubled = S * 2;
    let most = 0.0;
    for (const i of range(0, n, 1, { numStages: doubled })) most = maximum(most, load(x + i));
    store(out, to(most, "f64"));
    store(out + 1, to(totalInStages(x, n, S), "f64"));
  },
  { builds: [{ constants: { S: 2 } }] },
);

const SCALING = { scale: 3, shift: 4 } as const;
const around = (v: number) => ({ low: v - 1, high: v + 1 });
const weighed = (of: { low: number; high: number; scale: number; shift: number }) =>
  (of.high * 10 + of.low) * of.scale + of.shift;
const writeAt = ({ out, n, at }: { out: Out; n: number; at: number }) => store(out + at, to(n, "f64"));

/** Members of an object that come from another: of two of one name the later one counts. */
export const spreads = kernel((params: { out: Out; n: Int }) => {
  const { out, n } = params;
  const both = around(n);
  store(out, to(weighed({ ...both, ...SCALING }), "f64"));
  const more = { ...both, ...SCALING, low: 0, ...{ shift: n } };
  store(out + 1, to(weighed({ ...more }), "f64"));
  writeAt({ ...params, at: 2 });
});

/** What a function writes has the dtype of the memory that it is given. */
function writeAs(p: Ptr, value: Tile, lanes: Tile) {
  const there = p + lanes;
  store(there, to(value, dtypeOf(p)));
  const zero = full([4], 0, dtypeOf(p));
  return sum(to(maximum(load(there), zero), "f64"), 0);
}

export const pointees = kernel(({ p, q, out }: { p: Ptr<"f16">; q: Ptr<"i8">; out: Out }) => {
  const lanes = arange(0, 4);
  const value = to(lanes, "f32") * 70.5 - 100;
  store(out, writeAs(p, value, lanes));
  store(out + 1, writeAs(q, value, lanes));
});

/** Turns that stand side by side, because their sizes differ, and a variable of the same name behind them. */
export const turns = kernel(
  ({ out, n, B }: { out: Out; n: Int; B: Const<"B"> }) => {
    let total = 0;
    for (const i of staticRange(4)) {
      const width = B * floorDiv(i + 4, 4);
      total += sum(zeros([width], "i32") + width, 0);
      for (const k of range(n)) total += k * 100;
    }
    for (const k of range(0, n, 2)) total += k;
    store(out, to(total, "f64"));
  },
  { builds: [{ constants: { B: 16 } }] },
);

/* What statements and functions mean where TypeScript and Python disagree: as corners.kernel.ts, and corners.ts says what is right of both. */
import {
  arange,
  atomicAdd,
  type Const,
  cumsum,
  dtypeOf,
  type F32,
  floorDiv,
  full,
  type Int,
  kernel,
  load,
  maximum,
  type Ptr,
  range,
  sort,
  staticAssert,
  staticRange,
  store,
  sum,
  type Tile,
  to,
  zeros,
} from "tilescript";

type Out = Ptr<"f64">;

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
  for (const i of staticRange(3)) {
    const last = WEIGHTS.length - 1 - i;
    picked = picked * 10 + WEIGHTS[last]!;
  }
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

/** What is behind a return that constants decide is not there, whatever it asserts. */
function returned(v: number, K: number) {
  if (K === 1) return to(v, "f64");
  else if (K === 2) {
    const twice = v * 2;
    return to(twice, "f64");
  }
  if (K > 3) {
    if (K > 4) return to(sum(arange(0, 8), 0) + to(v, "i32"), "f64");
    v += 0.25;
  }
  if (v > 1) v += 100;
  staticAssert(K === 3 || K === 4, "K is one of 1 to 5");
  const v64 = to(v, "f64");
  return v64;
}

/** A return that a value decides, under a constant and behind it. */
function returnedOf(v: number, K: number): number {
  if (K > 2) {
    if (v > 4) return v * 3;
    v += 1;
  }
  if (v < 3) return v;
  return v + 0.5;
}

/** x has three numbers: 0.5, 2, 5. */
export const returns = kernel(
  ({ x, out, K }: { x: Ptr<"f32">; out: Out; K: Const<"K"> }) => {
    for (const i of range(3)) {
      store(out + i, to(returned(load(x + i), K), "f64"));
      store(out + 3 + i, to(returnedOf(load(x + i), K), "f64"));
    }
  },
  { builds: [1, 2, 3, 4, 5].map((K) => ({ constants: { K } })) },
);

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

const next = (count: Ptr<"i32">) => ({ low: atomicAdd(count, 1), high: 0 });
const doubled = (n: number) => ({ ...around(n), ...SCALING, shift: n });

/** Members of an object that come from another: of two of one name the later one counts. */
export const spreads = kernel((params: { out: Out; n: Int; count: Ptr<"i32"> }) => {
  const { out, n, count } = params;
  const both = around(n);
  store(out, to(weighed({ ...both, ...SCALING }), "f64"));
  const more = { ...both, ...SCALING, low: 0, ...{ shift: n } };
  store(out + 1, to(weighed({ ...more }), "f64"));
  writeAt({ ...params, at: 2 });
  const counted = { first: atomicAdd(count, 1), ...next(count), last: atomicAdd(count, 1) };
  store(out + 3, to(counted.first * 100 + counted.low * 10 + counted.last, "f64"));
  store(out + 4, to(weighed(doubled(n)), "f64"));
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

const widthOf = (b: number, wide: boolean): number => (wide && b > 8 ? 16 : 8);
const ones = (size: number): number => to(sum(full([size], 1, "i32"), 0), "f64");
const ordered = (tile: Tile, down: boolean): Tile => sort(tile, 0, { descending: down });

/** Sizes and flags that a build's constants choose. x = 1, NaN. */
export const chosen = kernel(
  ({ x, out, n, B, F }: { x: Ptr<"f32">; out: Out; n: Int; B: Const<"B">; F: Const<"F", boolean> }) => {
    const W = B > 8 ? 8 : B;
    store(out, ones(W));
    store(out + 1, ones(F ? 16 : 4));
    store(out + 2, ones(widthOf(B, F)) + ones(widthOf(B, !F)) / 2);
    const shape = !F ? [4, 8] : [2, 4];
    store(out + 3, to(sum(full(shape, 1, "i32")), "f64"));
    const kept = { size: B * 2, F };
    store(out + 4, to(kept.size, "f64") + ones(kept.size));
    if (kept.F || B === 4) store(out + 5, 1.0);
    const lanes = arange(0, 4);
    store(out + 6 + lanes, to(ordered(lanes, F), "f64"));
    store(out + 10 + lanes, to(ordered(lanes, !F), "f64"));
    store(out + 14 + lanes, to(cumsum(lanes, 0, { reverse: F }), "f64"));
    store(out + 18, to(maximum(load(x, { volatile: F }), load(x + 1), { propagateNan: F && B > 8 }), "f64"));
    let turns = 0;
    for (const i of range(0, n, { flatten: F, disallowAccMultiBuffer: !kept.F, numStages: F ? 2 : 1 })) turns += i;
    store(out + 19, to(turns, "f64"));
  },
  { builds: [{ constants: { B: 16, F: true } }, { constants: { B: 4, F: false } }] },
);

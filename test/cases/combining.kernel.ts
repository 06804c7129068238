/* Functions that combine elements: each kernel writes what it gets as f64, and combining.ts says what is right. */
import {
  arange,
  associativeScan,
  broadcastTo,
  col,
  exp,
  floorDiv,
  full,
  type Int,
  kernel,
  load,
  mapElementwise,
  maximum,
  type Ptr,
  range,
  reduce,
  reshape,
  row,
  type Scalar,
  store,
  type Tile,
  to,
} from "tilescript";

type Out = Ptr<"f64">;

/** A function in place, one of the language, one that chooses, and all of a matrix. x of 4 × 8, small whole numbers. */
export const reduceOne = kernel(
  <T extends "f32" | "f16" | "bf16" | "i32" | "i64">({ x, out }: { x: Ptr<T>; out: Out }) => {
    const [r, c] = [arange(0, 4), arange(0, 8)];
    const t: Tile<[4, 8], T> = load(x + col(r) * 8 + row(c));
    store(
      out + r,
      to(
        reduce(t, 1, (a, b) => a + b),
        "f64",
      ),
    );
    store(out + 4 + c, to(reduce(t, 0, maximum), "f64"));
    store(
      out + 12,
      to(
        reduce(t, undefined, (a, b) => (a < b ? a * 1 : b + 0)),
        "f64",
      ),
    );
    store(
      out + 13 + col(r) + row(arange(0, 1)),
      to(
        // biome-ignore lint/complexity/useMathMinMax: a choice of the language, which has no Math
        reduce(t, -1, (a, b) => (a > b ? a : b), { keepDims: true }),
        "f64",
      ),
    );
  },
  { builds: (["f32", "f16", "bf16", "i32", "i64"] as const).map((T) => ({ dtypes: { T } })) },
);

interface Moments {
  readonly mean: number;
  readonly m2: number;
  readonly count: number;
}

/** Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances" (1979). */
function merged(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  const part = b.count / count;
  return { mean: a.mean + delta * part, m2: a.m2 + b.m2 + delta * delta * a.count * part, count };
}

/** Three numbers at once. x of 4 × 16. */
export const welford = kernel(({ x, out }: { x: Ptr<"f32">; out: Out }) => {
  const r = arange(0, 4);
  const t = load(x + col(r) * 16 + row(arange(0, 16)));
  const [mean, m2] = reduce(
    [t, broadcastTo(full([1, 1], 0, "f32"), [4, 16]), broadcastTo(full([1, 1], 1, "f32"), [4, 16])],
    1,
    ([mean1, m1, n1], [mean2, m2, n2]) => {
      const { mean, m2: m, count } = merged({ mean: mean1, m2: m1, count: n1 }, { mean: mean2, m2, count: n2 });
      return [mean, m, count];
    },
  );
  store(out + r, to(mean, "f64"));
  store(out + 4 + r, to(m2 / 16, "f64"));
});

/** The greatest with its place, of vectors that a reshape made and of all of a matrix; several dtypes in a state. x of 16. */
export const bestOfPairs = kernel(
  <T extends "f32" | "bf16" | "i64">({ x, out }: { x: Ptr<T>; out: Out }) => {
    const i = arange(0, 16);
    const t: Tile<[16], T> = load(x + i);
    const better = (a: readonly [Scalar<T>, Scalar<"i32">], b: readonly [Scalar<T>, Scalar<"i32">]) => {
      const first = a[0] > b[0] || (a[0] === b[0] && a[1] < b[1]);
      return first ? a : b;
    };
    const [top, at] = reduce([t, i], 0, better);
    store(out, to(top, "f64"));
    store(out + 1, to(at, "f64"));
    const [lowest, where2] = reduce([reshape(-t, [4, 4]), reshape(i, [4, 4])], undefined, better);
    store(out + 2, to(-lowest, "f64"));
    store(out + 3, to(where2, "f64"));
    const [any, all, count] = reduce([t > 3, t > -100, full([16], 1, "i64")], 0, (a, b) => [
      a[0] || b[0],
      a[1] && b[1],
      a[2] + b[2],
    ]);
    store(out + 4, to(any, "f64"));
    store(out + 5, to(all, "f64"));
    store(out + 6, to(count, "f64"));
    store(
      out + 7,
      to(
        reduce(t > 100, 0, (a, b) => a || b),
        "f64",
      ),
    );
  },
  { builds: (["f32", "bf16", "i64"] as const).map((T) => ({ dtypes: { T } })) },
);

/** Running maxima, sums that start anew, and h = a · h + x, in both directions. x of 16, starts where it is 0. */
export const scans = kernel(({ x, out }: { x: Ptr<"f32">; out: Out }) => {
  const i = arange(0, 16);
  const t = load(x + i);
  store(out + i, to(associativeScan(t, 0, maximum), "f64"));
  const [, sums] = associativeScan([t === 0, t], 0, ([f1, s1], [f2, s2]) => [f1 || f2, f2 ? s2 : s1 + s2]);
  store(out + 16 + i, to(sums, "f64"));
  const decay = full([16], 0.5, "f32");
  const step = ([a1, h1]: readonly [number, number], [a2, h2]: readonly [number, number]) =>
    [a1 * a2, a2 * h1 + h2] as const;
  const [, h] = associativeScan([decay, t], 0, step);
  store(out + 32 + i, to(h, "f64"));
  const [, back] = associativeScan([decay, t], 0, step, { reverse: true });
  store(out + 48 + i, to(back, "f64"));

  const cube = reshape(t, [2, 4, 2]);
  const along = associativeScan(cube, 1, (a, b) => a + b);
  store(out + 64 + i, to(reshape(along, [16]), "f64"));
});

/** Each element by itself: a loop, branches, several results, numbers beside tiles. x of 8 from 1, n = 3. */
export const elements = kernel(({ x, n, out }: { x: Ptr<"i32">; n: Int; out: Out }) => {
  const i = arange(0, 8);
  const t = load(x + i);
  const steps = mapElementwise((start) => {
    let [k, count] = [start, 0];
    while (k > 1) {
      k = k % 2 === 0 ? floorDiv(k, 2) : 3 * k + 1;
      count += 1;
    }
    return count;
  }, t);
  store(out + i, to(steps, "f64"));
  const [sum, less] = mapElementwise(
    (a, b, limit) => {
      let total = 0;
      for (const k of range(b)) total += a + k;
      return [total, a < limit];
    },
    col(i),
    row(arange(0, 2)),
    n,
  );
  const place = col(i) * 2 + row(arange(0, 2));
  store(out + 8 + place, to(sum, "f64"));
  store(out + 24 + place, to(less, "f64"));
  store(out + 40 + i, to(mapElementwise(exp, to(t - t, "f32")), "f64"));
});

/** Numbers of the kernel in the functions, and in those that they call. x of 8 from 1. */
export const numbersAround = kernel(({ x, out }: { x: Ptr<"i32">; out: Out }) => {
  const i = arange(0, 8);
  const t = load(x + i);
  const n = 3;
  const half = 0.5;
  const isOn = n > 2;
  const LAST = 15;
  const wrapped = (v: number): number => v & LAST;
  const added = (a: number, b: number): number => wrapped(isOn ? a + b : a);
  store(out + i, to(associativeScan(t, 0, added), "f64"));
  const sums = mapElementwise((v) => {
    let total = half;
    for (const k of range(n)) total += v * k;
    return total;
  }, t);
  store(out + 8 + i, to(sums, "f64"));
  store(out + 16, to(reduce(t, 0, added), "f64"));
  store(out + 17, to(added(9, 10), "f64"));
});

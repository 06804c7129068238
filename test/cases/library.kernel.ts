// What the language's own library computes, for the CPU executor and Triton's interpreter.
import {
  arange,
  argsort,
  type Const,
  col,
  cummax,
  cummin,
  gather,
  type I64,
  type Int,
  isfinite,
  isinf,
  isnan,
  kernel,
  load,
  type Ptr,
  philox,
  philox64,
  rand,
  rand4x,
  randint,
  randint4x,
  randn,
  randn4x,
  reshape,
  row,
  softmax,
  sortWithIndex,
  store,
  swizzle2d,
  to,
  type U32,
} from "tilescript";

const BUILDS = [{ constants: { ROUNDS: 10 } }, { constants: { ROUNDS: 7 } }];

/** Every function on 16 offsets; the numbers of a function lie in a row. */
export const randomOfI32 = kernel(
  (p: { seed: I64; at: Ptr<"i32">; words: Ptr<"u32">; out: Ptr<"f32">; ROUNDS: Const<"ROUNDS"> }) => {
    const lane = arange(0, 16);
    const at = load(p.at + lane);
    const [a, b, c, d] = randint4x(p.seed, at, p.ROUNDS);
    store(p.words + lane, a);
    store(p.words + 16 + lane, b);
    store(p.words + 32 + lane, c);
    store(p.words + 48 + lane, d);
    store(p.words + 64 + lane, randint(p.seed, at, p.ROUNDS));
    const [u, v, w, x] = rand4x(p.seed, at, p.ROUNDS);
    store(p.out + lane, rand(p.seed, at, p.ROUNDS));
    store(p.out + 16 + lane, u);
    store(p.out + 32 + lane, v);
    store(p.out + 48 + lane, w);
    store(p.out + 64 + lane, x);
    const [k, l, m, n] = randn4x(p.seed, at, p.ROUNDS);
    store(p.out + 80 + lane, randn(p.seed, at, p.ROUNDS));
    store(p.out + 96 + lane, k);
    store(p.out + 112 + lane, l);
    store(p.out + 128 + lane, m);
    store(p.out + 144 + lane, n);
  },
  { builds: BUILDS },
);

/** Of other dtypes, and of one offset for all. */
export const randomOfOthers = kernel(
  (p: { seed: Int; unsigned: U32; at: Ptr<"i64">; small: Ptr<"i16">; words: Ptr<"u32"> }) => {
    const lane = arange(0, 16);
    store(p.words + lane, randint(p.seed, load(p.at + lane)));
    store(p.words + 16 + lane, randint(p.unsigned, load(p.small + lane)));
    store(p.words + 32 + lane, randint(-2, lane));
    store(p.words + 48, randint(p.seed, load(p.at)));
  },
  { builds: [{}] },
);

/** Counters that broadcast. */
export const philoxOfRows = kernel(
  (p: { seed: I64; c: Ptr<"u32">; words: Ptr<"u32"> }) => {
    const lane = arange(0, 4);
    const [a, b, c, d] = philox(p.seed, load(p.c), load(p.c + 1), load(p.c + 2), load(p.c + 3));
    store(p.words, a);
    store(p.words + 1, b);
    store(p.words + 2, c);
    store(p.words + 3, d);
    const place = col(lane) * 4 + row(lane);
    store(p.words + 4 + place, philox(p.seed, col(lane), row(lane), 0, load(p.c))[2]);
  },
  { builds: [{}] },
);

/** Counters of 64 bits, as halves of the words: the lower ones first. */
export const philoxOfLongs = kernel(
  (p: { seed: I64; c: Ptr<"i64">; words: Ptr<"u32">; ROUNDS: Const<"ROUNDS"> }) => {
    const lane = arange(0, 4);
    const counter = load(p.c + lane);
    const [c1, c2] = [load(p.c + 4), load(p.c + 5)];
    const [a, b, c, d] = philox64(p.seed, counter, c1, c2, 0, p.ROUNDS);
    store(p.words + lane, to(a, "u32"));
    store(p.words + 4 + lane, to(a >>> 32, "u32"));
    store(p.words + 8 + lane, to(b, "u32"));
    store(p.words + 12 + lane, to(b >>> 32, "u32"));
    store(p.words + 16 + lane, to(c, "u32"));
    store(p.words + 20 + lane, to(c >>> 32, "u32"));
    store(p.words + 24 + lane, to(d, "u32"));
    store(p.words + 28 + lane, to(d >>> 32, "u32"));
  },
  { builds: BUILDS },
);

/** Three masks of 8 numbers. */
export const kindsOfNumbers = kernel(
  (p: { x: Ptr<"f32">; h: Ptr<"f16">; out: Ptr<"bool"> }) => {
    const lane = arange(0, 8);
    const [x, h] = [load(p.x + lane), load(p.h + lane)];
    store(p.out + lane, isnan(x));
    store(p.out + 8 + lane, isinf(x));
    store(p.out + 16 + lane, isfinite(x));
    store(p.out + 24 + lane, isnan(h));
    store(p.out + 32 + lane, isinf(h));
    store(p.out + 40 + lane, isfinite(h));
  },
  { builds: [{}] },
);

/** The place of each program of 4 × 4, in groups of rows. */
export const swizzled = kernel(
  (p: { out: Ptr<"i32">; group: Int }) => {
    const place = arange(0, 16);
    const [i, j] = swizzle2d(place >> 2, place & 3, 4, 4, p.group);
    store(p.out + i * 4 + j, place);
  },
  { builds: [{}] },
);

/** What is gathered is written over what it is gathered from. */
export const gatheredInPlace = kernel(
  (p: { x: Ptr<"i32"> }) => {
    const lane = arange(0, 16);
    store(p.x + lane, gather(load(p.x + lane), (lane * 5) & 15, 0));
  },
  { builds: [{}] },
);

/** Passes an axis on. */
function along(x: number, axis: number) {
  return softmax(x, axis);
}

/** Of 4 × 8 numbers and of 4 × 2 × 4 along each axis; of f16 and f64 along the last. */
export const softmaxes = kernel(
  (p: { x: Ptr<"f32">; h: Ptr<"f16">; d: Ptr<"f64">; out: Ptr<"f32">; wide: Ptr<"f64"> }) => {
    const lane = arange(0, 32);
    const at = reshape(lane, [4, 8]);
    const cube = reshape(lane, [4, 2, 4]);
    const LAST = -1;
    store(p.out + at, softmax(load(p.x + at)));
    store(p.out + 32 + at, along(load(p.x + at), 1));
    store(p.out + 64 + cube, along(load(p.x + cube), 1));
    store(p.out + 96 + cube, along(load(p.x + cube), LAST));
    store(p.out + 128 + at, softmax(load(p.h + at), LAST));
    store(p.wide + lane, softmax(load(p.d + lane)));
  },
  { builds: [{}] },
);

/** Orders of lines of 32, of keys with equal ones, and what goes with them. */
export const orders = kernel(
  <T extends "f32" | "f16" | "u64">(p: {
    x: Ptr<T>;
    values: Ptr<T>;
    places: Ptr<"i32">;
    DOWN: Const<"DOWN", boolean>;
  }) => {
    const at = col(arange(0, 4)) * 32 + row(arange(0, 32));
    const x = load(p.x + at);
    const [values, from] = sortWithIndex(x, 1, p.DOWN);
    store(p.values + at, values);
    store(p.places + at, from);
    // What is brought into an order and back is as it was.
    store(p.places + 128 + at, gather(gather(at, from, -1), argsort(from), -1));
  },
  {
    builds: (["f32", "f16", "u64"] as const).flatMap((T) =>
      [true, false].map((DOWN) => ({ dtypes: { T }, constants: { DOWN } })),
    ),
  },
);

/** The greatest and the least so far, along both axes and both ways. */
export const peaks = kernel(({ x, out }: { x: Ptr<"f32">; out: Ptr<"f32"> }) => {
  const at = col(arange(0, 4)) * 8 + row(arange(0, 8));
  const tile = load(x + at);
  store(out + at, cummax(tile, 1));
  store(out + 32 + at, cummin(tile, 0));
  store(out + 64 + at, cummax(tile, 0, true));
  store(out + 96 + at, cummin(tile, -1, true));
});

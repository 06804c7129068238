/* Where TypeScript, Python, C and the hardware disagree: each kernel writes what it gets as f64, and corners.ts says what is right. */
import {
  abs,
  arange,
  argmax,
  argmin,
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
  divRn,
  floorDiv,
  fma,
  full,
  globalTimer,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  makeTensorDescriptor,
  maximum,
  maxWithIndex,
  mod,
  numThreads,
  numWarps,
  type Ptr,
  range,
  reshape,
  row,
  smid,
  staticRange,
  store,
  sum,
  to,
  where,
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
  store(out + 32 + i, to(divRn(x, 0.1), "f64"));
  store(out + 36 + i, to(fma(load(h + i), 0.1, 0.3), "f64"));
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
    // LLVM knows that these amounts are 0 or outside, and may make of the latter what it likes.
    store(out + 56 + i, to(number >> (by << 7), "f64"));
    store(out + 64, to(one >> (amount << 7), "f64"));
    store(out + 65, to(to(one, "i16") << to(amount * 16, "i16"), "f64"));
    store(out + 66 + i, to(to(number, "i64") >>> to(by * 64, "i64"), "f64"));
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

/** What a program knows of where it runs. */
export const whereItRuns = kernel(
  ({ x, out }: { x: Ptr<"f32">; out: Out }) => {
    const start = globalTimer();
    store(out, to(numWarps(), "f64"));
    store(out + 1, to(numThreads(), "f64"));
    store(out + 2, to(smid() >= 0 && smid() < 1024, "f64"));
    const total = sum(load(x + arange(0, 64)), 0);
    store(out + 3, to(total, "f64"));
    const end = globalTimer();
    store(out + 4, to(end >= start && end - start < 1000000000, "f64"));
    const i = arange(0, 2);
    store(out + 5 + i, to(i * numWarps(), "f64"));
  },
  { builds: [{ warps: 8 }] },
);

/** Elements of one tile that lie in two buffers, and a descriptor that is made in the call. */
export const storesApart = kernel(({ x, y, out }: { x: Ptr<"f32">; y: Ptr<"f32">; out: Out }) => {
  const i = arange(0, 8);
  store(where(i < 3, x + i, y + i), to(i + 1, "f32"));
  store(out + i, to(load(x + i), "f64"));
  store(out + 8 + i, to(load(y + i), "f64"));
  store(out + 16 + arange(0, 4), to(loadTensorDescriptor(makeTensorDescriptor(x, [3], [1], [4]), [0]), "f64"));
});

import {
  arange,
  assume,
  atomicAdd,
  atomicCas,
  atomicExchange,
  atomicMax,
  type Bool,
  type Const,
  cdiv,
  col,
  type Descriptor,
  debugBarrier,
  dot,
  exp,
  type F32,
  floorDiv,
  gdcLaunchDependents,
  gdcWait,
  type I64,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  makeTensorDescriptor,
  max,
  maxContiguous,
  maxWithIndex,
  minimum,
  multipleOf,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  type Shape,
  sigmoid,
  split,
  staticAssert,
  staticRange,
  store,
  storeTensorDescriptor,
  sum,
  type Tile,
  tanh,
  to,
  trans,
  type U32,
  where,
  zeros,
} from "tilescript";

/** x · sigmoid(x), for any shape and dtype. */
function silu<S extends Shape>(x: Tile<S>) {
  return x * sigmoid(x);
}

function bounds(start: number, size: number, limit: number) {
  return { first: start * size, last: minimum(start * size + size, limit) };
}

const half = (size: number) => floorDiv(size, 2);

/** Device functions, tuples, objects, constants of every kind, and loops of every kind. */
export const controlFlow = kernel(
  ({
    x,
    out,
    n,
    scale,
    deep,
    SIZE,
    MODE,
    EVEN,
    WEIGHT,
  }: {
    x: Ptr<"f16">;
    out: Ptr<"f32">;
    n: Int;
    scale: F32;
    deep: Bool;
    SIZE: Const<"SIZE">;
    MODE: Const<"MODE", string>;
    EVEN: Const<"EVEN", boolean>;
    WEIGHT: Const<"WEIGHT">;
  }) => {
    staticAssert(SIZE >= 32, "SIZE is at least 32");
    const { first, last } = bounds(programId(0), SIZE, n);
    if (first >= n) return;
    const i = first + arange(0, SIZE);
    const mask = EVEN || i < last;
    let v = to(load(x + i, { mask, other: 0 }), "f32") * scale;
    for (const turn of staticRange(3)) {
      if (turn === 1) v = v + 1;
      else v = silu(v) * (turn + 1);
    }
    let count = 0;
    let power = 1.0;
    while (count < 10 && power < 100.0) {
      power *= 2;
      count += 1;
    }
    if (MODE === "tanh") v = tanh(v);
    else if (MODE === "exp" && !EVEN) v = exp(v);
    else v = deep ? v : v - 1;
    const narrow = zeros([half(SIZE)], "f32") + sum(v, 0);
    const lambda = count > 3 ? power : 0.5;
    store(out + first + arange(0, half(SIZE)), narrow * lambda * WEIGHT, {
      mask: arange(0, half(SIZE)) < last - first,
      cache: "cs",
    });
  },
  { builds: [{ constants: { SIZE: 64, MODE: "exp", EVEN: false, WEIGHT: 2 } }] },
);

/** Atomics, hints and what orders programs. */
export const atomics = kernel(
  ({
    counts,
    best,
    lock,
    seen,
    values,
    n,
    wide,
    seed,
  }: {
    counts: Ptr<"i32">;
    best: Ptr<"f32">;
    lock: Ptr<"i32">;
    seen: Ptr<"bool">;
    values: Ptr<"bf16">;
    n: Int;
    wide: I64;
    seed: U32;
  }) => {
    gdcWait();
    assume(n > 0);
    const i = maxContiguous(multipleOf(programId(1) * 128, 128) + arange(0, 128), 128);
    const v = load(values + i, { mask: i < n, other: -Infinity, eviction: "evict_first" });
    while (atomicCas(lock, 0, 1) !== 0) {
      debugBarrier();
    }
    atomicAdd(counts + (i & 7), 1, { mask: i < n, sem: "relaxed" });
    const [top, at] = maxWithIndex(v, 0);
    const before = atomicMax(best, to(top, "f32"));
    store(seen + i, v > 0 && i !== at, { mask: i < n });
    store(counts + numPrograms(0) * 8, (seed >>> 3) ^ (seed << 2), {});
    store(best + 1 + wide * 2 + i, where(i < 4, before, 1.5 / 3), { mask: i < 1 });
    atomicExchange(lock, 0);
    gdcLaunchDependents();
  },
  { builds: [{ pdl: true }] },
);

/** C = A · Bᵀ through descriptors: two of them given, one made here. */
export const descriptors = kernel(
  ({
    a,
    b,
    c,
    M,
    N,
    K,
    BM,
    BN,
    BK,
  }: {
    a: Descriptor<"bf16", [Const<"BM">, Const<"BK">]>;
    b: Descriptor<"bf16", [Const<"BN">, Const<"BK">], "nan">;
    c: Ptr<"f32">;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
  }) => {
    const [m, n] = [programId(0) * BM, programId(1) * BN];
    let acc = zeros([BM, BN], "f32");
    for (const k of range(0, cdiv(K, BK), 1, { numStages: 4 })) {
      const x = loadTensorDescriptor(a, [m, k * BK]);
      const y = loadTensorDescriptor(b, [n, k * BK]);
      acc = dot(x, trans(y), { acc });
    }
    const out = makeTensorDescriptor(c, [M, N], [N, 1], [BM, BN]);
    const rowsMax = max(acc, 1, { keepDims: true });
    storeTensorDescriptor(out, [m, n], acc - rowsMax);
    for (const k of range(BM - 1, -1, -1))
      store(c + k + col(arange(0, BM)), col(arange(0, BM)) * 0 + to(row(arange(0, 1)), "f32"));
    const [even, odd] = split(zeros([BM, 2], "f32"));
    store(c + arange(0, BM), even + odd);
  },
  { builds: [{ constants: { BM: 64, BN: 64, BK: 64 }, warps: 8 }] },
);

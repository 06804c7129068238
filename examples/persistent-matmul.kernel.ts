import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  mod,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  storeTensorDescriptor,
  swizzle2d,
  to,
  trans,
  zeros,
} from "tilescript";

/**
 * C[M,N] = A[M,K] · Bᵀ in f16, with B as [N,K], all row-major. There are as many programs as the GPU runs at once, and each makes tile after tile:
 * with `flatten` the loads of the next tile begin while the last products of this one run.
 */
export const persistentMatmul = kernel(
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
    GROUP,
  }: {
    a: Ptr<"f16">;
    b: Ptr<"f16">;
    c: Ptr<"f16">;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    GROUP: Const<"GROUP">;
  }) => {
    const [tilesM, tilesN] = [cdiv(M, BM), cdiv(N, BN)];
    const rk = arange(0, BK);
    for (const tile of range(programId(0), tilesM * tilesN, numPrograms(0), { flatten: true })) {
      const [m, n] = swizzle2d(0, tile, tilesM, tilesN, GROUP);
      const [rm, rn] = [m * BM + arange(0, BM), n * BN + arange(0, BN)];
      let acc = zeros([BM, BN], "f32");
      for (const k of range(0, K, BK)) {
        const mask = row(k + rk) < K;
        const x = load(a + col(mod(rm, M)) * K + row(k + rk), { mask, other: 0 });
        const y = load(b + col(mod(rn, N)) * K + row(k + rk), { mask, other: 0 });
        acc = dot(x, trans(y), { acc });
      }
      store(c + col(rm) * N + row(rn), to(acc, "f16"), { mask: col(rm) < M && row(rn) < N });
    }
  },
  { builds: [{ constants: { BM: 128, BN: 256, BK: 64, GROUP: 8 }, warps: 8, stages: 3 }] },
);

/** The same through tensor descriptors: what lies outside of a matrix needs no mask. */
export const persistentMatmulTma = kernel(
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
    GROUP,
  }: {
    a: Descriptor<"f16", [Const<"BM">, Const<"BK">]>;
    b: Descriptor<"f16", [Const<"BN">, Const<"BK">]>;
    c: Descriptor<"f16", [Const<"BM">, Const<"BN">]>;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    GROUP: Const<"GROUP">;
  }) => {
    const [tilesM, tilesN] = [cdiv(M, BM), cdiv(N, BN)];
    for (const tile of range(programId(0), tilesM * tilesN, numPrograms(0), { flatten: true })) {
      const [m, n] = swizzle2d(0, tile, tilesM, tilesN, GROUP);
      let acc = zeros([BM, BN], "f32");
      for (const k of range(0, K, BK))
        acc = dot(loadTensorDescriptor(a, [m * BM, k]), trans(loadTensorDescriptor(b, [n * BN, k])), { acc });
      storeTensorDescriptor(c, [m * BM, n * BN], to(acc, "f16"));
    }
  },
  { builds: [{ constants: { BM: 128, BN: 256, BK: 64, GROUP: 8 }, warps: 8, stages: 3 }] },
);

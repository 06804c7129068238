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
  maxContiguous,
  multipleOf,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  storeTensorDescriptor,
  swizzle2d,
  type Tile,
  to,
  trans,
  where,
  zeros,
} from "tilescript";

/** Rows of a tile: those past the end are the first again and again, which need no mask. The hints keep that from costing the loads their width. */
const inside = (rows: Tile, end: Int, tile: number): Tile =>
  maxContiguous(multipleOf(where(rows < end, rows, 0), tile), tile);

/**
 * C[M,N] = A[M,K] · Bᵀ in f16, with B as [N,K], all row-major. There are as many programs as the GPU runs at once, and each makes tile after tile:
 * with `flatten` the loads of the next tile begin while the last products of this one run.
 */
export const persistentMatmul = kernel(
  (p: {
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
    const [tilesM, tilesN] = [cdiv(p.M, p.BM), cdiv(p.N, p.BN)];
    const rk = arange(0, p.BK);
    for (const tile of range(programId(0), tilesM * tilesN, numPrograms(0), { flatten: true })) {
      const [m, n] = swizzle2d(0, tile, tilesM, tilesN, p.GROUP);
      const [rm, rn] = [m * p.BM + arange(0, p.BM), n * p.BN + arange(0, p.BN)];
      const [fromA, fromB] = [inside(rm, p.M, p.BM), inside(rn, p.N, p.BN)];
      let acc = zeros([p.BM, p.BN], "f32");
      for (const k of range(0, cdiv(p.K, p.BK))) {
        const at = k * p.BK + rk;
        // Summed before they meet the pointer, places stay 32 bits wide for longer.
        const x = load(p.a + (col(fromA) * p.K + row(at)), { mask: row(at) < p.K, other: 0 });
        const y = load(p.b + (row(fromB) * p.K + col(at)), { mask: col(at) < p.K, other: 0 });
        acc = dot(x, y, { acc });
      }
      store(p.c + col(rm) * p.N + row(rn), to(acc, "f16"), { mask: col(rm) < p.M && row(rn) < p.N });
    }
  },
  { builds: [{ constants: { BM: 128, BN: 256, BK: 64, GROUP: 8 }, warps: 8, stages: 3 }] },
);

/** The same through tensor descriptors: what lies outside of a matrix needs no mask. */
export const persistentMatmulTma = kernel(
  (p: {
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
    const [tilesM, tilesN] = [cdiv(p.M, p.BM), cdiv(p.N, p.BN)];
    for (const tile of range(programId(0), tilesM * tilesN, numPrograms(0), { flatten: true })) {
      const [m, n] = swizzle2d(0, tile, tilesM, tilesN, p.GROUP);
      let acc = zeros([p.BM, p.BN], "f32");
      for (const k of range(0, p.K, p.BK))
        acc = dot(loadTensorDescriptor(p.a, [m * p.BM, k]), trans(loadTensorDescriptor(p.b, [n * p.BN, k])), { acc });
      storeTensorDescriptor(p.c, [m * p.BM, n * p.BN], to(acc, "f16"));
    }
  },
  { builds: [{ constants: { BM: 128, BN: 256, BK: 64, GROUP: 8 }, warps: 8, stages: 3 }] },
);

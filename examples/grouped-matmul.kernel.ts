import {
  arange,
  type Const,
  cdiv,
  col,
  dot,
  floorDiv,
  type Int,
  kernel,
  load,
  mod,
  multipleOf,
  numPrograms,
  type Ptr,
  programId,
  range,
  row,
  store,
  to,
  zeros,
} from "tilescript";

/**
 * Many products of different sizes in one launch, C = A · B in f16 for each group: programs go through the tiles of all of them. Memory has
 * no addresses as numbers here, so the matrices lie in one pool each, and `starts` says where: of each group the first elements of A, B and C.
 * `sizes` has M, N and K of each group. Starts, N and K are multiples of 16, which lets loads be wide: the compiler cannot know it of numbers in memory.
 */
export const groupedMatmul = kernel(
  (p: {
    as: Ptr<"f16">;
    bs: Ptr<"f16">;
    cs: Ptr<"f16">;
    starts: Ptr<"i64">;
    sizes: Ptr<"i32">;
    groups: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
  }) => {
    let tile = programId(0);
    let first = 0;
    for (const group of range(0, p.groups)) {
      const M = load(p.sizes + 3 * group);
      const N = multipleOf(load(p.sizes + 3 * group + 1), 16);
      const K = multipleOf(load(p.sizes + 3 * group + 2), 16);
      const tilesN = cdiv(N, p.BN);
      const end = first + cdiv(M, p.BM) * tilesN;
      while (tile < end) {
        const rm = floorDiv(tile - first, tilesN) * p.BM + arange(0, p.BM);
        const rn = mod(tile - first, tilesN) * p.BN + arange(0, p.BN);
        const a = p.as + multipleOf(load(p.starts + 3 * group), 16) + col(rm) * K;
        const b = p.bs + multipleOf(load(p.starts + 3 * group + 1), 16) + row(rn);
        let acc = zeros([p.BM, p.BN], "f32");
        for (const from of range(0, K, p.BK)) {
          const k = from + arange(0, p.BK);
          const x = load(a + row(k), { mask: col(rm) < M && row(k) < K, other: 0 });
          const y = load(b + col(k) * N, { mask: col(k) < K && row(rn) < N, other: 0 });
          acc = dot(x, y, { acc });
        }
        const c = p.cs + multipleOf(load(p.starts + 3 * group + 2), 16) + col(rm) * N + row(rn);
        store(c, to(acc, "f16"), { mask: col(rm) < M && row(rn) < N });
        tile += numPrograms(0);
      }
      first = end;
    }
  },
  { builds: [{ constants: { BM: 64, BN: 64, BK: 32 } }] },
);

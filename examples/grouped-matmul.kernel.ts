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
  toPointer,
  zeros,
} from "tilescript";

/** The matrix whose address a table has. */
const matrix = (table: Ptr<"i64">, at: Int): Ptr<"f16"> => multipleOf(toPointer(load(table + at), "f16"), 16);

/**
 * Many products of different sizes in one launch, C = A · B in f16 for each group: programs go through the tiles of all of them. `matrices` has the
 * addresses of A, B and C of each group, `sizes` M, N and K. Addresses are multiples of 16 bytes, N and K of 16, which lets loads be wide: the compiler
 * cannot know it of numbers in memory.
 */
export const groupedMatmul = kernel(
  (p: { matrices: Ptr<"i64">; sizes: Ptr<"i32">; groups: Int; BM: Const<"BM">; BN: Const<"BN">; BK: Const<"BK"> }) => {
    let tile = programId(0);
    let first = 0;
    for (const group of range(0, p.groups)) {
      const [A, B, C] = [
        matrix(p.matrices, 3 * group),
        matrix(p.matrices, 3 * group + 1),
        matrix(p.matrices, 3 * group + 2),
      ];
      const M = load(p.sizes + 3 * group);
      const N = multipleOf(load(p.sizes + 3 * group + 1), 16);
      const K = multipleOf(load(p.sizes + 3 * group + 2), 16);
      const tilesN = cdiv(N, p.BN);
      const end = first + cdiv(M, p.BM) * tilesN;
      while (tile < end) {
        const rm = floorDiv(tile - first, tilesN) * p.BM + arange(0, p.BM);
        const rn = mod(tile - first, tilesN) * p.BN + arange(0, p.BN);
        const a = A + col(rm) * K;
        const b = B + row(rn);
        let acc = zeros([p.BM, p.BN], "f32");
        for (const from of range(0, K, p.BK)) {
          const k = from + arange(0, p.BK);
          const x = load(a + row(k), { mask: col(rm) < M && row(k) < K, other: 0 });
          const y = load(b + col(k) * N, { mask: col(k) < K && row(rn) < N, other: 0 });
          acc = dot(x, y, { acc });
        }
        const c = C + col(rm) * N + row(rn);
        store(c, to(acc, "f16"), { mask: col(rm) < M && row(rn) < N });
        tile += numPrograms(0);
      }
      first = end;
    }
  },
  { builds: [{ constants: { BM: 64, BN: 64, BK: 32 } }] },
);

import {
  arange,
  type Const,
  col,
  dot,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  range,
  row,
  store,
  zeros,
} from "tilescript";

/** C[M,N] = A[M,K] · B[K,N], all row-major, bf16 in and f32 out. A program makes one BM × BN tile of C. */
export const matmul = kernel(
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
    a: Ptr<"bf16">;
    b: Ptr<"bf16">;
    c: Ptr<"f32">;
    M: Int;
    N: Int;
    K: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
  }) => {
    const rm = programId(0) * BM + arange(0, BM);
    const rn = programId(1) * BN + arange(0, BN);
    const rk = arange(0, BK);
    let acc = zeros([BM, BN], "f32");
    for (const k of range(0, K, BK)) {
      const x = load(a + col(rm) * K + row(rk + k), { mask: col(rm) < M && row(rk + k) < K, other: 0 });
      const y = load(b + col(rk + k) * N + row(rn), { mask: col(rk + k) < K && row(rn) < N, other: 0 });
      acc += dot(x, y);
    }
    store(c + col(rm) * N + row(rn), acc, { mask: col(rm) < M && row(rn) < N });
  },
  { builds: [{ constants: { BM: 64, BN: 64, BK: 32 } }] },
);

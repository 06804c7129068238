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

/**
 * C[M,N] = A[M,K] · B[K,N], all row-major, bf16 in and f32 out. A program makes one BM × BN tile of C. Which tiles are the fastest follows from the
 * shape: `tilescript tune` finds out, as matmul.tune.ts says, and launches may leave the blocks to it.
 */
export const matmul = kernel(
  (p: {
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
    const rm = programId(0) * p.BM + arange(0, p.BM);
    const rn = programId(1) * p.BN + arange(0, p.BN);
    const rk = arange(0, p.BK);
    let acc = zeros([p.BM, p.BN], "f32");
    for (const k of range(0, p.K, p.BK)) {
      const x = load(p.a + col(rm) * p.K + row(rk + k), { mask: col(rm) < p.M && row(rk + k) < p.K, other: 0 });
      const y = load(p.b + col(rk + k) * p.N + row(rn), { mask: col(rk + k) < p.K && row(rn) < p.N, other: 0 });
      acc += dot(x, y);
    }
    store(p.c + col(rm) * p.N + row(rn), acc, { mask: col(rm) < p.M && row(rn) < p.N });
  },
  {
    tune: ["BM", "BN", "BK"],
    builds: [
      { constants: { BM: 64, BN: 64, BK: 32 } },
      { constants: { BM: 16, BN: 64, BK: 128 }, stages: 4 },
      { constants: { BM: 128, BN: 128, BK: 64 } },
      { constants: { BM: 128, BN: 128, BK: 64 }, warps: 8 },
      { constants: { BM: 128, BN: 256, BK: 64 }, warps: 8 },
    ],
  },
);

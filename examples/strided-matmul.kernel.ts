import {
  arange,
  type Const,
  cdiv,
  col,
  dot,
  type Int,
  kernel,
  load,
  mod,
  type Ptr,
  programId,
  range,
  row,
  store,
  swizzle2d,
  type Tile,
  to,
  where,
  zeros,
} from "tilescript";

const same = (x: Tile): Tile => x;
const leakyRelu = (x: Tile): Tile => where(x >= 0, x, 0.01 * x);

/** What fast launches have: A and C row-major, and B either row-major or given transposed. */
const FAST = [
  {
    divisible: ["a", "b", "c", "N", "K", "strideAM", "strideBK", "strideCM"],
    one: ["strideAK", "strideBN", "strideCN"],
  },
  {
    divisible: ["a", "b", "c", "N", "K", "strideAM", "strideBN", "strideCM"],
    one: ["strideAK", "strideBK", "strideCN"],
  },
] as const;

/**
 * C[M,N] = A[M,K] · B[K,N] in f16, or the leaky ReLU of that, of matrices with any strides: a launch takes the variant that its strides allow. GROUP
 * rows of tiles are made column by column, so that programs that run at once share what they read in the L2 cache.
 */
export const stridedMatmul = kernel(
  (p: {
    a: Ptr<"f16">;
    b: Ptr<"f16">;
    c: Ptr<"f16">;
    M: Int;
    N: Int;
    K: Int;
    strideAM: Int;
    strideAK: Int;
    strideBK: Int;
    strideBN: Int;
    strideCM: Int;
    strideCN: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
    GROUP: Const<"GROUP">;
    LEAKY: Const<"LEAKY", boolean>;
  }) => {
    const activation = p.LEAKY ? leakyRelu : same;
    const [m, n] = swizzle2d(0, programId(0), cdiv(p.M, p.BM), cdiv(p.N, p.BN), p.GROUP);
    // Rows and columns past the end are those of the beginning again: they need no mask, and are not stored.
    const rm = mod(m * p.BM + arange(0, p.BM), p.M);
    const rn = mod(n * p.BN + arange(0, p.BN), p.N);
    const rk = arange(0, p.BK);
    let fromA = p.a + (col(rm) * p.strideAM + row(rk) * p.strideAK);
    let fromB = p.b + (col(rk) * p.strideBK + row(rn) * p.strideBN);
    let acc = zeros([p.BM, p.BN], "f32");
    for (const k of range(0, p.K, p.BK)) {
      const x = load(fromA, { mask: row(rk) < p.K - k, other: 0 });
      const y = load(fromB, { mask: col(rk) < p.K - k, other: 0 });
      acc = dot(x, y, { acc });
      fromA += p.BK * p.strideAK;
      fromB += p.BK * p.strideBK;
    }
    const [cm, cn] = [m * p.BM + arange(0, p.BM), n * p.BN + arange(0, p.BN)];
    store(p.c + col(cm) * p.strideCM + row(cn) * p.strideCN, to(activation(acc), "f16"), {
      mask: col(cm) < p.M && row(cn) < p.N,
    });
  },
  {
    builds: [
      { constants: { BM: 128, BN: 256, BK: 64, GROUP: 8, LEAKY: false }, warps: 8, stages: 3, specialize: FAST },
      { constants: { BM: 128, BN: 256, BK: 64, GROUP: 8, LEAKY: true }, warps: 8, stages: 3, specialize: FAST },
    ],
  },
);

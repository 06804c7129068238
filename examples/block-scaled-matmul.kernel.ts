import {
  arange,
  type Const,
  col,
  dotScaled,
  floorDiv,
  type Int,
  kernel,
  load,
  type Ptr,
  programId,
  range,
  row,
  store,
  trans,
  zeros,
} from "tilescript";

/**
 * c = a · bᵀ of microscaled matrices, [M, K] and [N, K], each 32 elements along K with a scale of 8 bits (OCP's MX formats): mxfp8, with e4m3 in a
 * byte, or mxfp4, with two of e2m1. Blackwell's tensor cores take both as they are; Triton multiplies in bf16 elsewhere, which holds them exactly.
 */
export const blockScaledMatmul = kernel(
  (p: {
    a: Ptr<"u8">;
    aScale: Ptr<"u8">;
    b: Ptr<"u8">;
    bScale: Ptr<"u8">;
    c: Ptr<"f32">;
    M: Int;
    N: Int;
    K: Int;
    A: Const<"A", "e4m3" | "e2m1">;
    B: Const<"B", "e4m3" | "e2m1">;
    BM: Const<"BM">;
    BN: Const<"BN">;
    BK: Const<"BK">;
  }) => {
    const rows = programId(0) * p.BM + arange(0, p.BM);
    const columns = programId(1) * p.BN + arange(0, p.BN);
    /** Bytes of a row from element k on, `each` elements to a byte or a scale; zeros beyond the matrix. */
    const block = (from: Ptr<"u8">, lines: number, count: Int, k: Int, each: number) => {
      const at = floorDiv(k, each) + arange(0, floorDiv(p.BK, each));
      const mask = col(lines) < count && row(at) < floorDiv(p.K, each);
      return load(from + col(lines) * floorDiv(p.K, each) + row(at), { mask, other: 0 });
    };
    let acc = zeros([p.BM, p.BN], "f32");
    for (const k of range(0, p.K, p.BK)) {
      const x = block(p.a, rows, p.M, k, p.A === "e2m1" ? 2 : 1);
      const y = block(p.b, columns, p.N, k, p.B === "e2m1" ? 2 : 1);
      const [xScale, yScale] = [block(p.aScale, rows, p.M, k, 32), block(p.bScale, columns, p.N, k, 32)];
      acc = dotScaled(x, xScale, p.A, trans(y), yScale, p.B, { acc });
    }
    store(p.c + col(rows) * p.N + row(columns), acc, { mask: col(rows) < p.M && row(columns) < p.N });
  },
  {
    builds: [
      { constants: { A: "e4m3", B: "e4m3", BM: 64, BN: 64, BK: 128 } },
      { constants: { A: "e4m3", B: "e2m1", BM: 64, BN: 64, BK: 128 } },
      { constants: { A: "e2m1", B: "e2m1", BM: 64, BN: 64, BK: 128 } },
      { constants: { A: "e4m3", B: "e4m3", BM: 128, BN: 128, BK: 128 }, warps: 8 },
      { constants: { A: "e2m1", B: "e2m1", BM: 128, BN: 128, BK: 128 }, warps: 8 },
    ],
  },
);

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
  minimum,
  type Ptr,
  programId,
  range,
  row,
  store,
  to,
  zeros,
} from "tilescript";

/** c = a · b as in Triton's tutorial 03: every stride is an argument. */
export const matmul = kernel(
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
  }) => {
    const pid = programId(0);
    const rows = cdiv(p.M, p.BM);
    const inGroup = p.GROUP * cdiv(p.N, p.BN);
    const first = floorDiv(pid, inGroup) * p.GROUP;
    const size = minimum(rows - first, p.GROUP);
    const pm = first + ((pid % inGroup) % size);
    const pn = floorDiv(pid % inGroup, size);
    const am = (pm * p.BM + arange(0, p.BM)) % p.M;
    const bn = (pn * p.BN + arange(0, p.BN)) % p.N;
    const k = arange(0, p.BK);
    let a = p.a + (col(am) * p.strideAM + row(k) * p.strideAK);
    let b = p.b + (col(k) * p.strideBK + row(bn) * p.strideBN);
    let acc = zeros([p.BM, p.BN], "f32");
    for (const step of range(0, cdiv(p.K, p.BK))) {
      const left = p.K - step * p.BK;
      const x = load(a, { mask: row(k) < left, other: 0 });
      const y = load(b, { mask: col(k) < left, other: 0 });
      acc = dot(x, y, { acc });
      a += p.BK * p.strideAK;
      b += p.BK * p.strideBK;
    }
    const cm = pm * p.BM + arange(0, p.BM);
    const cn = pn * p.BN + arange(0, p.BN);
    const c = p.c + p.strideCM * col(cm) + p.strideCN * row(cn);
    store(c, to(acc, "f16"), { mask: col(cm) < p.M && row(cn) < p.N });
  },
  { builds: [{ constants: { BM: 64, BN: 64, BK: 64, GROUP: 8 } }] },
);

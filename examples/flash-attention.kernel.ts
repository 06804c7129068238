import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  exp2,
  type F32,
  full,
  type Int,
  kernel,
  loadTensorDescriptor,
  max,
  maximum,
  minimum,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  to,
  trans,
  where,
  zeros,
} from "tilescript";

/**
 * Causal attention, softmax(q · kᵀ · scale) · v, that never writes the matrix of scores: a program keeps BM queries of one head and
 * streams over keys, rescaling its sums whenever a larger score turns up. q, k and v are [heads · tokens, D]; `scale` has log₂(e)
 * folded in, so that exp2 does for exp. Tiles come through tensor descriptors: the GPU's copy engine on Hopper, plain loads elsewhere.
 */
export const flashAttention = kernel(
  (p: {
    q: Descriptor<"bf16", [Const<"BM">, Const<"D">]>;
    k: Descriptor<"bf16", [Const<"BN">, Const<"D">]>;
    v: Descriptor<"bf16", [Const<"BN">, Const<"D">]>;
    out: Ptr<"f32">;
    tokens: Int;
    scale: F32;
    BM: Const<"BM">;
    BN: Const<"BN">;
    D: Const<"D">;
  }) => {
    const start = programId(0) * p.BM;
    const head = programId(1) * p.tokens;
    const queries = start + arange(0, p.BM);
    const x = loadTensorDescriptor(p.q, [head + start, 0]);
    let top = full([p.BM], -Infinity, "f32");
    let weight = zeros([p.BM], "f32");
    let acc = zeros([p.BM, p.D], "f32");
    const stop = minimum(start + p.BM, p.tokens);
    for (const from of range(0, cdiv(stop, p.BN) * p.BN, p.BN)) {
      const keys = from + arange(0, p.BN);
      const scores = dot(x, trans(loadTensorDescriptor(p.k, [head + from, 0]))) * p.scale;
      const visible = where(row(keys) <= col(queries) && row(keys) < p.tokens, scores, -Infinity);
      const newTop = maximum(top, max(visible, 1));
      const keep = exp2(top - newTop);
      const weights = exp2(visible - col(newTop));
      acc = dot(to(weights, "bf16"), loadTensorDescriptor(p.v, [head + from, 0]), { acc: acc * col(keep) });
      weight = weight * keep + sum(weights, 1);
      top = newTop;
    }
    const at = p.out + col(head + queries) * p.D + row(arange(0, p.D));
    store(at, acc / col(weight), { mask: col(queries) < p.tokens });
  },
  { builds: [{ constants: { BM: 64, BN: 64, D: 64 }, stages: 2 }] },
);

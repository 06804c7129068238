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
  ({
    q,
    k,
    v,
    out,
    tokens,
    scale,
    BM,
    BN,
    D,
  }: {
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
    const start = programId(0) * BM;
    const head = programId(1) * tokens;
    const queries = start + arange(0, BM);
    const x = loadTensorDescriptor(q, [head + start, 0]);
    let top = full([BM], -Infinity, "f32");
    let weight = zeros([BM], "f32");
    let acc = zeros([BM, D], "f32");
    const stop = minimum(start + BM, tokens);
    for (const from of range(0, cdiv(stop, BN) * BN, BN)) {
      const keys = from + arange(0, BN);
      const scores = dot(x, trans(loadTensorDescriptor(k, [head + from, 0]))) * scale;
      const visible = where(row(keys) <= col(queries) && row(keys) < tokens, scores, -Infinity);
      const newTop = maximum(top, max(visible, 1));
      const keep = exp2(top - newTop);
      const p = exp2(visible - col(newTop));
      acc = dot(to(p, "bf16"), loadTensorDescriptor(v, [head + from, 0]), { acc: acc * col(keep) });
      weight = weight * keep + sum(p, 1);
      top = newTop;
    }
    const at = out + col(head + queries) * D + row(arange(0, D));
    store(at, acc / col(weight), { mask: col(queries) < tokens });
  },
  { builds: [{ constants: { BM: 64, BN: 64, D: 64 }, stages: 2 }] },
);

import {
  arange,
  type Const,
  cdiv,
  col,
  type Descriptor,
  dot,
  dtypeOf,
  exp2,
  type F32,
  floorDiv,
  full,
  type Int,
  kernel,
  load,
  loadTensorDescriptor,
  log2,
  max,
  maximum,
  minimum,
  type Ptr,
  programId,
  range,
  row,
  store,
  sum,
  type Tile,
  to,
  trans,
  where,
  zeros,
} from "tilescript";

// Attention, softmax(q · kᵀ · scale) · v, and its gradients, causal or not, without the matrix of scores in memory (FlashAttention-2, arXiv
// 2307.08691). All tensors are [heads · tokens, D]; `scale` has log₂(e) folded in, so that exp2 does for exp. `lse` has what each row of scores
// is normalised by: log₂ of the sum of its exponentials.

type Rows = Descriptor<"bf16", [Const<"BM">, Const<"D">]>;
type Columns = Descriptor<"bf16", [Const<"BN">, Const<"D">]>;
const BUILDS = [
  { constants: { BM: 64, BN: 64, D: 64, CAUSAL: true } },
  { constants: { BM: 64, BN: 64, D: 64, CAUSAL: false } },
  { constants: { BM: 64, BN: 64, D: 128, CAUSAL: true } },
  { constants: { BM: 64, BN: 64, D: 128, CAUSAL: false } },
];

type Sums = [acc: Tile, weight: Tile, top: Tile];

/** What a query may look at: the keys of its sequence, in a causal one those up to itself. */
const sees = (queries: Tile, keys: Tile, tokens: Int, CAUSAL: boolean) =>
  CAUSAL ? queries >= keys && queries < tokens : queries < tokens && keys < tokens;

interface Forward<T extends "bf16" | "f8e5m2"> {
  q: Descriptor<T, [Const<"BM">, Const<"D">]>;
  k: Descriptor<T, [Const<"BN">, Const<"D">]>;
  out: Ptr<"bf16">;
  lse: Ptr<"f32">;
  tokens: Int;
  scale: F32;
  BM: Const<"BM">;
  BN: Const<"BN">;
  D: Const<"D">;
  CAUSAL: Const<"CAUSAL", boolean>;
}

/** BM queries of one head over all keys that they may see; `valuesOf` has the values of the keys from a place on. */
function attend<T extends "bf16" | "f8e5m2">(p: Forward<T>, valuesOf: (from: Int) => Tile) {
  const start = programId(0) * p.BM;
  const head = programId(1) * p.tokens;
  const queries = start + arange(0, p.BM);
  const x = loadTensorDescriptor(p.q, [head + start, 0]);
  const over = ([acc, weight, top]: Sums, from: Int, masked: boolean): Sums => {
    const scores = dot(x, trans(loadTensorDescriptor(p.k, [head + from, 0]))) * p.scale;
    const keys = from + arange(0, p.BN);
    const visible = masked ? where(sees(col(queries), row(keys), p.tokens, p.CAUSAL), scores, -1e30) : scores;
    const newTop = maximum(top, max(visible, 1));
    const keep = exp2(top - newTop);
    const weights = exp2(visible - col(newTop));
    const sums = dot(to(weights, dtypeOf(p.q)), valuesOf(from), { acc: acc * col(keep) });
    return [sums, weight * keep + sum(weights, 1), newTop];
  };
  let sums: Sums = [zeros([p.BM, p.D], "f32"), zeros([p.BM], "f32"), full([p.BM], -Infinity, "f32")];
  const whole = floorDiv(p.CAUSAL ? start : p.tokens, p.BN) * p.BN;
  const stop = p.CAUSAL ? minimum(start + p.BM, p.tokens) : p.tokens;
  for (const from of range(0, whole, p.BN)) sums = over(sums, from, false);
  for (const from of range(whole, stop, p.BN)) sums = over(sums, from, true);
  const [acc, weight, top] = sums;
  const inside = queries < p.tokens;
  store(p.lse + head + queries, top + log2(weight), { mask: inside });
  const at = p.out + col(head + queries) * p.D + row(arange(0, p.D));
  store(at, acc / col(weight), { mask: col(inside) });
}

/** Attention of bf16. */
export const attention = kernel(
  (p: Forward<"bf16"> & { v: Columns }) => {
    const head = programId(1) * p.tokens;
    attend(p, (from) => loadTensorDescriptor(p.v, [head + from, 0]));
  },
  {
    builds: BUILDS,
  },
);

/** Attention of f8e5m2. Hopper multiplies 8 bits where both operands have neighbours along K, so the values come as [heads · D, tokens]. */
export const attentionFp8 = kernel(
  (p: Forward<"f8e5m2"> & { v: Descriptor<"f8e5m2", [Const<"D">, Const<"BN">]> }) =>
    attend(p, (from) => trans(loadTensorDescriptor(p.v, [programId(1) * p.D, from]))),
  {
    builds: BUILDS,
  },
);

/** For each row the product of what came out and its gradient: what softmax takes off the gradient of each of its parts. */
export const attentionDelta = kernel(
  (p: { out: Ptr<"bf16">; dOut: Ptr<"bf16">; delta: Ptr<"f32">; rows: Int; BM: Const<"BM">; D: Const<"D"> }) => {
    const rows = programId(0) * p.BM + arange(0, p.BM);
    const at = col(rows) * p.D + row(arange(0, p.D));
    const mask = rows < p.rows;
    const [out, dOut] = [load(p.out + at, { mask: col(mask) }), load(p.dOut + at, { mask: col(mask) })];
    store(p.delta + rows, sum(to(out, "f32") * to(dOut, "f32"), 1), { mask });
  },
  { builds: [{ constants: { BM: 64, D: 64 } }, { constants: { BM: 64, D: 128 } }] },
);

interface Backward {
  q: Rows;
  k: Columns;
  v: Columns;
  dOut: Rows;
  lse: Ptr<"f32">;
  delta: Ptr<"f32">;
  tokens: Int;
  scale: F32;
  BM: Const<"BM">;
  BN: Const<"BN">;
  D: Const<"D">;
  CAUSAL: Const<"CAUSAL", boolean>;
}

/** Gradients by BN keys and their values of one head: over the queries that see them, with scores as [keys, queries]. */
export const attentionKeyGradients = kernel(
  (p: Backward & { dk: Ptr<"bf16">; dv: Ptr<"bf16"> }) => {
    const start = programId(0) * p.BN;
    const head = programId(1) * p.tokens;
    const keys = start + arange(0, p.BN);
    const [k, v] = [loadTensorDescriptor(p.k, [head + start, 0]), loadTensorDescriptor(p.v, [head + start, 0])];
    const over = ([dk, dv]: [Tile, Tile], from: Int, masked: boolean): [Tile, Tile] => {
      const queries = from + arange(0, p.BM);
      const [x, dOut] = [loadTensorDescriptor(p.q, [head + from, 0]), loadTensorDescriptor(p.dOut, [head + from, 0])];
      const mask = queries < p.tokens;
      const lse = row(load(p.lse + head + queries, { mask, other: 0 }));
      const delta = row(load(p.delta + head + queries, { mask, other: 0 }));
      const all = exp2(dot(k, trans(x)) * p.scale - lse);
      const parts = masked ? where(sees(row(queries), col(keys), p.tokens, p.CAUSAL), all, 0) : all;
      const dScores = parts * (dot(v, trans(dOut)) - delta);
      return [dot(to(dScores, "bf16"), x, { acc: dk }), dot(to(parts, "bf16"), dOut, { acc: dv })];
    };
    let sums: [Tile, Tile] = [zeros([p.BN, p.D], "f32"), zeros([p.BN, p.D], "f32")];
    const first = p.CAUSAL ? floorDiv(start, p.BM) * p.BM : 0;
    const clear = p.CAUSAL ? minimum(cdiv(start + p.BN, p.BM) * p.BM, p.tokens) : 0;
    const whole = maximum(floorDiv(p.tokens, p.BM) * p.BM, clear);
    for (const from of range(first, clear, p.BM)) sums = over(sums, from, true);
    for (const from of range(clear, whole, p.BM)) sums = over(sums, from, false);
    for (const from of range(whole, p.tokens, p.BM)) sums = over(sums, from, true);
    const at = col(head + keys) * p.D + row(arange(0, p.D));
    const mask = col(keys) < p.tokens;
    store(p.dk + at, sums[0] * p.scale * Math.LN2, { mask });
    store(p.dv + at, sums[1], { mask });
  },
  {
    builds: BUILDS.map(({ constants }) => ({ constants: { ...constants, BM: 32 } })),
  },
);

/** Gradients by BM queries of one head, over the keys that they see. */
export const attentionQueryGradients = kernel(
  (p: Backward & { dq: Ptr<"bf16"> }) => {
    const start = programId(0) * p.BM;
    const head = programId(1) * p.tokens;
    const queries = start + arange(0, p.BM);
    const [x, dOut] = [loadTensorDescriptor(p.q, [head + start, 0]), loadTensorDescriptor(p.dOut, [head + start, 0])];
    const inside = queries < p.tokens;
    const lse = col(load(p.lse + head + queries, { mask: inside, other: 0 }));
    const delta = col(load(p.delta + head + queries, { mask: inside, other: 0 }));
    const over = (dq: Tile, from: Int, masked: boolean): Tile => {
      const k = loadTensorDescriptor(p.k, [head + from, 0]);
      const all = exp2(dot(x, trans(k)) * p.scale - lse);
      const keys = from + arange(0, p.BN);
      const parts = masked ? where(sees(col(queries), row(keys), p.tokens, p.CAUSAL), all, 0) : all;
      const dScores = parts * (dot(dOut, trans(loadTensorDescriptor(p.v, [head + from, 0]))) - delta);
      return dot(to(dScores, "bf16"), k, { acc: dq });
    };
    let dq: Tile = zeros([p.BM, p.D], "f32");
    const whole = floorDiv(p.CAUSAL ? start : p.tokens, p.BN) * p.BN;
    for (const from of range(0, whole, p.BN)) dq = over(dq, from, false);
    const stop = p.CAUSAL ? minimum(start + p.BM, p.tokens) : p.tokens;
    for (const from of range(whole, stop, p.BN)) dq = over(dq, from, true);
    const at = p.dq + col(head + queries) * p.D + row(arange(0, p.D));
    store(at, dq * p.scale * Math.LN2, { mask: col(inside) });
  },
  {
    builds: BUILDS.map(({ constants }) => ({ constants: { ...constants, BN: 32 } })),
  },
);

import {
  arange,
  type Const,
  col,
  type Descriptor,
  dot,
  exp2,
  floorDiv,
  full,
  type Int,
  kernel,
  loadTensorDescriptor,
  max,
  maximum,
  numPrograms,
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
import { GPU_TILES, HEADS } from "./tiles.js";

/** One step of the online softmax (arXiv 2307.08691, section 3.1) over a block of keys; scores are in base 2. */
function absorb(score: Tile, value: Tile, top: Tile, weight: Tile, acc: Tile): [Tile, Tile, Tile] {
  const newTop = maximum(top, max(score, 1));
  const keep = exp2(top - newTop);
  const p = exp2(score - col(newTop));
  return [newTop, weight * keep + sum(p, 1), dot(to(p, "bf16"), value, { acc: acc * col(keep) })];
}

/**
 * Causal attention of a chunk of queries over a window whose keys are rotated: query i sees keys 0 … past + i (FlashAttention-2).
 * q is bf16 [queries, row of heads · D, rotated and scaled by log2(e) / √D], keys and values bf16 [length, KV heads · D].
 * Program (block of queries, query head); the longest rows start first. The diagonal blocks alone are masked.
 */
export const prefillAttention = kernel(
  ({
    q,
    keys,
    values,
    out,
    queries,
    past,
    outRow,
    group,
    BM,
    BN,
    D,
  }: {
    q: Descriptor<"bf16", [Const<"BM">, Const<"D">]>;
    keys: Descriptor<"bf16", [Const<"BN">, Const<"D">]>;
    values: Descriptor<"bf16", [Const<"BN">, Const<"D">]>;
    out: Ptr<"bf16">;
    queries: Int;
    past: Int;
    outRow: Int;
    group: Int;
    BM: Const<"BM">;
    BN: Const<"BN">;
    D: Const<"D">;
  }) => {
    const block = numPrograms(0) - 1 - programId(0);
    const head = programId(1);
    const column = floorDiv(head, group) * D;
    const rows = block * BM + arange(0, BM);
    const query = loadTensorDescriptor(q, [block * BM, head * D]);
    let top = full([BM], -Infinity, "f32");
    let weight = zeros([BM], "f32");
    let acc = zeros([BM, D], "f32");
    // Keys that every query of the block sees, in whole blocks.
    const clear = floorDiv(past + block * BM + 1, BN) * BN;
    for (const from of range(0, clear, BN)) {
      const score = dot(query, trans(loadTensorDescriptor(keys, [from, column])));
      [top, weight, acc] = absorb(score, loadTensorDescriptor(values, [from, column]), top, weight, acc);
    }
    for (const from of range(clear, past + (block + 1) * BM, BN)) {
      const seen = row(from + arange(0, BN)) <= col(past + rows);
      const score = where(seen, dot(query, trans(loadTensorDescriptor(keys, [from, column]))), -Infinity);
      [top, weight, acc] = absorb(score, loadTensorDescriptor(values, [from, column]), top, weight, acc);
    }
    store(out + col(rows) * outRow + row(head * D + arange(0, D)), to(acc / col(weight), "bf16"), {
      mask: col(rows) < queries,
    });
  },
  {
    builds: [
      {
        constants: { ...GPU_TILES.prefillAttention, D: HEADS.D },
        warps: 4,
        stages: 3,
        alignment: "required",
        divisible: ["q", "keys", "values", "out", "outRow"],
      },
    ],
  },
);

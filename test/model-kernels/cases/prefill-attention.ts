import { inputs, KINDS, type Kind } from "../activations.js";
import { BF16, cdiv, type Edges, type HeadShape, type KernelCase, named, output, withMore } from "../case.js";
import { rounded } from "../numbers.js";
import { dot, softmaxSum } from "../reference.js";

interface Chunk {
  readonly queries: number;
  readonly past: number;
}

/** Numbers of queries at the edges of their blocks, after numbers of keys at the edges of theirs. */
function chunks({ tiles }: Edges): Chunk[] {
  const { BM, BN } = tiles.prefillAttention;
  return [
    { queries: 1, past: 0 },
    { queries: BM - 1, past: 0 },
    { queries: BM, past: BN },
    { queries: BM + 1, past: BN - 1 },
    { queries: 1, past: 3 * BN + 7 },
    { queries: 2 * BM + 5, past: BN + 1 },
  ];
}

interface Tensors {
  /** [queries, heads + 2 · KV heads, D]: q is what comes first. */
  readonly qkv: Float64Array;
  /** [past + queries, KV heads, D] */
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

/** Query i of each head over the keys 0 … past + i; [queries, heads, D]. */
function causal({ heads, kvHeads, D }: HeadShape, { queries, past }: Chunk, { qkv, keys, values }: Tensors) {
  const out = new Float64Array(queries * heads * D);
  const row = (heads + 2 * kvHeads) * D;
  for (let query = 0; query < queries; query++)
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const q = qkv.subarray(query * row + head * D, query * row + (head + 1) * D);
      const of = (data: Float64Array) => (_: unknown, token: number) =>
        data.subarray((token * kvHeads + kvHead) * D, (token * kvHeads + kvHead + 1) * D);
      const seen = { length: past + query + 1 };
      const scores = Array.from(seen, of(keys)).map((key) => dot(q, key));
      out.set(softmaxSum(scores, Array.from(seen, of(values))), (query * heads + head) * D);
    }
  return out;
}

/**
 * Whole numbers: keys are the signs ±1 of a code that differs for neighbouring tokens, and queries 256 times the key that each is to find,
 * so that scores differ by 512 at least and weights are 0 or 1.
 */
function exactTensors({ heads, kvHeads, D }: HeadShape, { queries, past }: Chunk): Tensors {
  const { source } = inputs("whole", queries + past);
  const total = past + queries;
  const code = (token: number): number[] => Array.from({ length: D }, (_, i) => ((token >> (i % 10)) & 1 ? 1 : -1));
  const keys = Array.from({ length: total }, (_, token) => Array(kvHeads).fill(code(token)).flat()).flat();
  const qkv = Array.from({ length: queries }, (_, query) => {
    const found = Array.from({ length: heads }, (_, head) => {
      const token = head % 3 === 0 ? past + query : head % 3 === 1 ? 0 : source.whole(0, past + query);
      return code(token).map((sign) => 256 * sign);
    });
    return [...found.flat(), ...new Array(2 * kvHeads * D).fill(Number.NaN)];
  });
  return {
    qkv: Float64Array.from(qkv.flat()),
    keys: Float64Array.from(keys),
    values: Float64Array.from({ length: total * kvHeads * D }, () => source.whole(-99, 99)),
  };
}

function randomTensors({ heads, kvHeads, D }: HeadShape, { queries, past }: Chunk): Tensors {
  const { bf16, source } = inputs("random", queries + past);
  const row = (heads + 2 * kvHeads) * D;
  const size = Math.LOG2E / Math.sqrt(D);
  const total = (past + queries) * kvHeads * D;
  const qkv = Array.from({ length: queries * row }, (_, at) =>
    at % row < heads * D ? size * source.normal() : Number.NaN,
  );
  return { qkv: rounded("bf16", qkv), keys: bf16(total), values: bf16(total) };
}

function caseOf(kind: Kind, shape: HeadShape, chunk: Chunk): KernelCase {
  const { heads, kvHeads, D } = shape;
  const { queries, past } = chunk;
  return {
    kernel: "prefillAttention",
    title: `${kind} numbers, ${heads}/${kvHeads} heads of ${D}, ${queries} queries after ${past} keys`,
    constants: ({ tiles }) => ({ ...tiles.prefillAttention, D }),
    grid: ({ tiles }) => [cdiv(queries, tiles.prefillAttention.BM), heads],
    prepare() {
      const tensors = (kind === "whole" ? exactTensors : randomTensors)(shape, chunk);
      const [qkvRow, row] = [(heads + 2 * kvHeads) * D, kvHeads * D];
      const window = { shape: [past + queries, row], strides: [row, 1] };
      return {
        buffers: {
          qkv: withMore(tensors.qkv, qkvRow),
          keys: withMore(tensors.keys, row),
          values: withMore(tensors.values, row),
          out: { ...output("bf16", causal(shape, chunk, tensors), kind === "whole" ? 0 : BF16), row: D },
        },
        args: (b) => ({
          q: { buffer: b.qkv!, shape: [queries, qkvRow], strides: [qkvRow, 1] },
          keys: { buffer: b.keys!, ...window },
          values: { buffer: b.values!, ...window },
          ...named(b, "out"),
          ...{ queries, past, outRow: heads * D, group: heads / kvHeads },
        }),
      };
    },
  };
}

export function prefillAttentionCases(edges: Edges): KernelCase[] {
  const [first, ...others] = edges.shapes as [HeadShape, ...HeadShape[]];
  const all = chunks(edges);
  return KINDS.flatMap((kind) => [
    ...all.map((chunk) => caseOf(kind, first, chunk)),
    ...others.map((shape) => caseOf(kind, shape, all.at(-1)!)),
  ]);
}

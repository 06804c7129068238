/** What the GPU's tests of retrieval run: picks against float64, and whole layers against the CPU executor. */

import type { Heads } from "../../runtime/kernels/attention/heads.js";
import type { HalfType } from "../../runtime/reattention/kernel-runner.js";
import type { LayerInput } from "../runtime/reattention/layer.js";
import { normals, take } from "../runtime/reattention/reference.js";
import { misleading, type RetrievalCase } from "../runtime/reattention/retrieval-cases.js";

type Shape = Heads & { readonly dtype?: HalfType };

const SMOLLM = { heads: 9, kvHeads: 3, headSize: 64 };
const LLAMA = { heads: 32, kvHeads: 8, headSize: 128 };

/** Heads of model families. */
const SHAPES: readonly Shape[] = [
  SMOLLM,
  LLAMA,
  { heads: 4, kvHeads: 4, headSize: 64, dtype: "f16" },
  { heads: 4, kvHeads: 2, headSize: 80 },
  { heads: 6, kvHeads: 2, headSize: 96, dtype: "f16" },
  { heads: 7, kvHeads: 1, headSize: 128 },
  { heads: 4, kvHeads: 2, headSize: 256 },
  { heads: 16, kvHeads: 1, headSize: 256 },
];

/** A scan takes up to 64 rows of a KV head. */
const most = ({ heads, kvHeads }: Shape): number => Math.min(5, Math.floor((64 * kvHeads) / heads));

const sizes = (heads: Shape): RetrievalCase[] => [
  { ...heads, queries: 1, length: 12345, topK: 4 },
  { ...heads, queries: most(heads), length: 4095, topK: 1 },
  { ...heads, queries: 4, length: 2049, topK: 32 },
  { ...heads, queries: 2, length: 3, topK: 4 },
];

const titleOf = ({ heads, kvHeads, headSize, dtype = "bf16", topK, length, queries }: RetrievalCase): string =>
  `D ${headSize}, ${heads / kvHeads} heads for a KV head, ${dtype}: ${topK} of ${length}, ${queries} queries`;

export const PICKS: readonly (readonly [string, RetrievalCase])[] = [
  ...SHAPES.flatMap(sizes).map((one) => [titleOf(one), one] as const),
  ...misleading(SMOLLM).map(([name, one]) => [`misleading: ${name}`, one] as const),
  ["by block, as the released kernel picks", { ...LLAMA, queries: 2, length: 5000, topK: 4, byBlock: true }],
];

type Sizes = Omit<LayerInput, "q" | "keys" | "values">;

export interface LayerScene {
  readonly title: string;
  readonly way: "prefill" | "decode";
  readonly sizes: Sizes;
}

/** The scene with random queries, keys and values. */
export function inputOf({ sizes }: LayerScene): LayerInput {
  const { heads, queries, total } = sizes;
  const source = normals(total);
  const width = heads.kvHeads * heads.headSize;
  return {
    ...sizes,
    q: take(source, queries * heads.heads * heads.headSize),
    keys: take(source, total * width),
    values: take(source, total * width),
  };
}

function scene(
  title: string,
  way: LayerScene["way"],
  heads: Heads,
  [queries, total]: readonly [number, number],
  more: Partial<Sizes> = {},
): LayerScene {
  const sizes = { heads, queries, total, global: 5, local: 70, topK: 4, span: 8, clip: 60, ...more };
  return { title, way, sizes };
}

const WIDE = { heads: 7, kvHeads: 1, headSize: 256 };
const MANY = { heads: 16, kvHeads: 1, headSize: 256 };
const ODD = { heads: 14, kvHeads: 2, headSize: 80 };

export const LAYERS: readonly LayerScene[] = [
  scene("a decode step of SmolLM2", "decode", SMOLLM, [1, 3001]),
  scene("a decode step of Llama 3", "decode", LLAMA, [1, 1501]),
  scene("a decode step with a long window", "decode", LLAMA, [1, 9001], { global: 32, local: 4500, clip: 100 }),
  scene("a decode step with nothing beside its decision", "decode", LLAMA, [1, 1501], { longFrom: 1 << 20 }),
  scene("a decode step with keys in 8 bits", "decode", LLAMA, [1, 3001], { inCodes: true, local: 500 }),
  scene("a decode step of SmolLM2 with keys in 8 bits", "decode", SMOLLM, [1, 3001], { inCodes: true }),
  scene("a decode step without a middle", "decode", SMOLLM, [1, 60]),
  scene("a decode step with a cap", "decode", SMOLLM, [1, 1501], { cap: 2 }),
  scene("a decode step without rotation", "decode", SMOLLM, [1, 1501], { rotates: false }),
  scene("a decode step, 7 heads of 256", "decode", WIDE, [1, 1501]),
  scene("a decode step, 16 heads of 256", "decode", MANY, [1, 1501], { cap: 2 }),
  scene("a decode step, heads of 80", "decode", ODD, [1, 1501]),
  scene("a chunk of SmolLM2", "prefill", SMOLLM, [61, 2003]),
  scene("a chunk of Llama 3", "prefill", LLAMA, [33, 1003]),
  scene("a chunk without a middle", "prefill", SMOLLM, [33, 75]),
  scene("a chunk with a cap", "prefill", SMOLLM, [33, 1003], { cap: 2 }),
  scene("a chunk without rotation", "prefill", SMOLLM, [33, 1003], { rotates: false }),
  scene("a chunk, 7 heads of 256", "prefill", WIDE, [33, 1003], { cap: 2 }),
  scene("a chunk, 16 heads of 256", "prefill", MANY, [33, 1003]),
  scene("a chunk, heads of 80", "prefill", ODD, [33, 1003]),
];

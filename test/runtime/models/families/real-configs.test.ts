/** Released models' own config.json are understood as they are; with tensors of their real shapes, which hold nothing. */

import { expect, it } from "vitest";
import { checkpointOf } from "../../../../family-kernels/checkpoint.js";
import { RELEASED } from "../../../../family-kernels/released.js";
import { describeModel } from "../../../../runtime/models/families/index.js";
import type { MatrixPlan } from "../../../../runtime/models/weights-plan.js";

/** What is known of them otherwise. */
const EXPECTED: Readonly<Record<string, object>> = {
  "Llama-2-7b": { headSize: 128, kvHeads: 32, context: 4096, tied: false },
  "Llama-3.1-8B-Instruct": { headSize: 128, kvHeads: 8, eosIds: [128001, 128008, 128009] },
  "SmolLM2-135M-Instruct": { headSize: 64, tied: true },
  "SmolLM3-3B": { headSize: 128, tied: true, bosId: undefined },
  "Mistral-7B-v0.1": { architecture: "llama", layerKinds: Array(32).fill({ rope: 0, window: 4096 }) },
  "Mixtral-8x7B-v0.1": { experts: { count: 8, used: 2, normalized: true }, feedForward: 14336 },
  "Qwen2.5-0.5B-Instruct": { headSize: 64, heads: 14, kvHeads: 2 },
  "Qwen3-0.6B": { headSize: 128 },
  "Qwen3-30B-A3B": { experts: { count: 128, used: 8, normalized: true }, feedForward: 768 },
  "internlm2_5-7b-chat": { context: 32768 },
  "Phi-3-mini-4k-instruct": { headSize: 96, layerKinds: Array(32).fill({ rope: 0, window: 2047 }) },
  "Phi-4-mini-instruct": { headSize: 128, tied: true },
  "gemma-2-2b-it": {
    scoreCap: 50,
    logitCap: 30,
    embeddingScale: 48,
    scoreScale: 1 / 16,
    activation: "gelu",
    tied: true,
  },
  "gemma-3-1b-it": { scoreCap: undefined, logitCap: undefined, kvHeads: 1 },
};

it.each(Object.entries(RELEASED))("%s", (name, model) => {
  const checkpoint = checkpointOf(name, model);
  const { config: read, weights } = describeModel(checkpoint);
  expect(read).toMatchObject({ name, ...EXPECTED[name] });
  const elements = [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  expect(elements / 1e9 / model.billions).toBeCloseTo(1, 1);
  const { heads, kvHeads, headSize, hidden, feedForward, experts } = read;
  const rows = ({ parts }: MatrixPlan) =>
    parts.reduce((sum, { tensor, order }) => sum + (order?.length ?? checkpoint.tensor(tensor).shape[0]!), 0);
  const last = weights.layers.at(-1)!;
  expect(weights.layers.length).toBe(read.layers);
  expect(rows(last.qkv)).toBe((heads + 2 * kvHeads) * headSize);
  expect(rows(last.gateUp)).toBe(2 * feedForward * (experts?.count ?? 1));
  expect(rows(last.down)).toBe(hidden * (experts?.count ?? 1));
});

/** Writes down which tensors of a checkpoint the weights of a model are made of; see weights-plan.ts. */

import type { LayerPlan, MatrixPlan, WeightsPlan } from "../weights-plan.js";
import { planAttention } from "./attention-plan.js";
import type { Family } from "./family.js";
import { planFeedForward } from "./feed-forward-plan.js";
import type { Role } from "./names.js";
import { type Planning, planNorm } from "./planning.js";

/** Takes every tensor that the model needs; throws ModelError for one that is missing or has another shape or a type that cannot be used. */
export function planWeights(planning: Planning): WeightsPlan {
  const { family, config, tensors, names } = planning;
  const { vocabulary, hidden } = config;
  const attention = planAttention(planning);
  const feedForward = planFeedForward(planning);
  const norm = (role: Role, n: number) => planNorm(planning, role, n, hidden);
  const optionalNorm = (role: NonNullable<Family["norms"]>[number], n: number) =>
    family.norms?.includes(role) ? norm(role, n) : undefined;
  const layer = (_: unknown, n: number): LayerPlan => ({
    attentionNorm: norm("attentionNorm", n),
    ...attention(n),
    postAttentionNorm: optionalNorm("postAttentionNorm", n),
    feedForwardNorm: norm("feedForwardNorm", n),
    ...feedForward(n),
    postFeedForwardNorm: optionalNorm("postFeedForwardNorm", n),
  });
  const embedding: MatrixPlan = { parts: [{ tensor: tensors.take(names.embedding, [vocabulary, hidden]) }] };
  if (config.tied && tensors.has(names.head)) tensors.takeCopy(names.head, names.embedding);
  return {
    embedding,
    layers: Array.from({ length: config.layers }, layer),
    outputNorm: norm("outputNorm", 0),
    head: config.tied ? undefined : { parts: [{ tensor: tensors.take(names.head, [vocabulary, hidden]) }] },
  };
}

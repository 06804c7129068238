/** Writes down which tensors of a checkpoint the weights of a model are made of; see weights-plan.ts. */

import type { ModelConfig } from "../config.js";
import type { LayerPlan, MatrixPlan, VectorPlan, WeightsPlan } from "../weights-plan.js";
import { planAttention } from "./attention-plan.js";
import type { Biases } from "./biases.js";
import type { Family } from "./family.js";
import { planFeedForward } from "./feed-forward-plan.js";
import type { Inventory } from "./inventory.js";
import { biasName, type Names, nameOf, type Role, usualNames } from "./names.js";

/** What all parts of a plan are made from. */
export interface Planning {
  readonly family: Family;
  readonly config: ModelConfig;
  readonly tensors: Inventory;
  readonly names: Names;
  readonly biases: Biases;
}

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

/** A norm of `size` weights, in `order`. */
export function planNorm(
  { family, tensors, names }: Planning,
  role: Role,
  n: number,
  size: number,
  order?: Int32Array,
): VectorPlan {
  const plus = tensors.format === "huggingface" ? family.normPlus : undefined;
  return { tensor: tensors.take(nameOf(names[role], n), [size]), plus, order };
}

/** A matrix of one tensor [rows, columns] as it is, with its bias where `biased` says that there is one. */
export function planMatrix(
  { tensors, names }: Planning,
  role: Role,
  n: number,
  [rows, columns]: readonly [number, number],
  biased: boolean,
): MatrixPlan {
  const name = nameOf(names[role], n);
  return {
    parts: [{ tensor: tensors.take(name, [rows, columns]) }],
    bias: biased ? [{ tensor: tensors.take(biasName(name), [rows]) }] : undefined,
  };
}

export const namesFor = (family: Family, tensors: Inventory): Names => ({
  ...usualNames[tensors.format],
  ...family.names?.[tensors.format],
});

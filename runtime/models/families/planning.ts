/** What all parts of a plan are made from, and the plans of single norms and matrices. */

import type { ModelConfig } from "../config.js";
import type { MatrixPlan, VectorPlan } from "../weights-plan.js";
import type { Biases } from "./biases.js";
import type { Family } from "./family.js";
import type { Inventory } from "./inventory.js";
import { biasName, type Names, nameOf, type Role, usualNames } from "./names.js";

export interface Planning {
  readonly family: Family;
  readonly config: ModelConfig;
  readonly tensors: Inventory;
  readonly names: Names;
  readonly biases: Biases;
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

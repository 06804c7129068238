import type { LayerPlan, MatrixPlan, Part, VectorPlan, WeightsPlan } from "../../../../runtime/models/weights-plan.js";
import { type Checkpoint, dequantize } from "../../../../runtime/weights/index.js";

/** Does what a plan says, by copying rows one by one: the rows of the matrix on a device. */
export function assemble(checkpoint: Checkpoint, { parts, bias }: MatrixPlan) {
  return {
    rows: parts.flatMap((part) => rowsOf(checkpoint, part)),
    bias: bias?.flatMap((part) => elementsOf(checkpoint, part)),
  };
}

function rowsOf(checkpoint: Checkpoint, { tensor: name, order }: Part): number[][] {
  const tensor = checkpoint.tensor(name);
  const width = tensor.shape.at(-1)!;
  const values = dequantize(tensor.type, checkpoint.bytes(tensor));
  const rows = Array.from({ length: values.length / width }, (_, i) => [
    ...values.subarray(i * width, (i + 1) * width),
  ]);
  return order ? [...order].map((row) => rows[row]!) : rows;
}

function elementsOf(checkpoint: Checkpoint, { tensor, order }: Part): number[] {
  const { type } = checkpoint.tensor(tensor);
  const values = [...dequantize(type, checkpoint.bytes(checkpoint.tensor(tensor)))];
  return order ? [...order].map((i) => values[i]!) : values;
}

const vector = (checkpoint: Checkpoint, plan: VectorPlan | undefined) =>
  plan && elementsOf(checkpoint, plan).map((value) => Math.fround(value + (plan.plus ?? 0)));

const layer = (checkpoint: Checkpoint, plan: LayerPlan) => ({
  attentionNorm: vector(checkpoint, plan.attentionNorm),
  qkv: assemble(checkpoint, plan.qkv),
  queryNorm: vector(checkpoint, plan.queryNorm),
  keyNorm: vector(checkpoint, plan.keyNorm),
  out: assemble(checkpoint, plan.out),
  postAttentionNorm: vector(checkpoint, plan.postAttentionNorm),
  feedForwardNorm: vector(checkpoint, plan.feedForwardNorm),
  gateUp: assemble(checkpoint, plan.gateUp),
  down: assemble(checkpoint, plan.down),
  router: plan.router && assemble(checkpoint, plan.router),
  postFeedForwardNorm: vector(checkpoint, plan.postFeedForwardNorm),
});

/** All weights of a model as they lie on a device. */
export const assembleAll = (checkpoint: Checkpoint, plan: WeightsPlan) => ({
  embedding: assemble(checkpoint, plan.embedding),
  layers: plan.layers.map((one) => layer(checkpoint, one)),
  outputNorm: vector(checkpoint, plan.outputNorm),
  head: plan.head && assemble(checkpoint, plan.head),
});

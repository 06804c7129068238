import type { LayerPlan, MatrixPlan, Part } from "../weights-plan.js";
import { biasName, nameOf } from "./names.js";
import { type Planning, planMatrix, planNorm } from "./planning.js";
import { consecutive, fusedStarts, orderInHead, orderOfHeads, range, unlessIdentity } from "./row-orders.js";

type AttentionPlan = Pick<LayerPlan, "qkv" | "queryNorm" | "keyNorm" | "out">;

/** The attention weights of each layer, from three matrices or a fused one; orders of rows are shared by all layers. */
export function planAttention(planning: Planning): (n: number) => AttentionPlan {
  const { family, config, tensors, biases } = planning;
  const { hidden, heads, headSize } = config;
  const separate = separateQkv(planning);
  const fused = fusedQkv(planning);
  const inHead = unlessIdentity(headOrder(planning));
  const headNorm = (role: "queryNorm" | "keyNorm", n: number) =>
    family.norms?.includes(role) ? planNorm(planning, role, n, headSize, inHead) : undefined;
  return (n) => ({
    qkv: tensors.has(nameOf(planning.names.qkv, n)) ? fused(n) : separate(n),
    queryNorm: headNorm("queryNorm", n),
    keyNorm: headNorm("keyNorm", n),
    out: planMatrix(planning, "out", n, [hidden, heads * headSize], biases("out", n)),
  });
}

/** All layers rotate alike as far as rows go: families with several ropes differ in frequencies only. */
function headOrder({ family, config, tensors }: Planning): Int32Array {
  const pairs = tensors.format === "gguf" ? family.ggufPairs : "halves";
  return orderInHead({ headSize: config.headSize, rotated: config.ropes[0]?.rotated ?? config.headSize, pairs });
}

function separateQkv(planning: Planning): (n: number) => MatrixPlan {
  const { tensors, names, biases } = planning;
  const { hidden, heads, kvHeads, headSize } = planning.config;
  const inHead = headOrder(planning);
  const order = (count: number) => unlessIdentity(orderOfHeads(consecutive(count, headSize), inHead));
  const matrices = [
    { name: names.q, rows: heads * headSize, order: order(heads) },
    { name: names.k, rows: kvHeads * headSize, order: order(kvHeads) },
    { name: names.v, rows: kvHeads * headSize, order: undefined },
  ];
  return (n) => ({
    parts: matrices.map(({ name, rows, order }) => ({ tensor: tensors.take(nameOf(name, n), [rows, hidden]), order })),
    bias: biases("qkv", n)
      ? matrices.map(({ name, rows, order }) => ({ tensor: tensors.take(biasName(nameOf(name, n)), [rows]), order }))
      : undefined,
  });
}

function fusedQkv(planning: Planning): (n: number) => MatrixPlan {
  const { family, tensors, names, biases } = planning;
  const { hidden, heads, kvHeads, headSize } = planning.config;
  const rows = (tensors.format === "huggingface" && family.fusedRows) || "stacked";
  const starts = fusedStarts({ heads, kvHeads, headSize, rows });
  const values = orderOfHeads(starts.v, range(0, headSize));
  const turned = orderOfHeads([...starts.q, ...starts.k], headOrder(planning));
  const order = unlessIdentity(Int32Array.from([...turned, ...values]));
  const all = (heads + 2 * kvHeads) * headSize;
  return (n) => {
    const name = nameOf(names.qkv, n);
    const bias: Part[] | undefined = biases("qkv", n)
      ? [{ tensor: tensors.take(biasName(name), [all]), order }]
      : undefined;
    return { parts: [{ tensor: tensors.take(name, [all, hidden]), order }], bias };
  };
}

/** Released models' own config.json are understood as they are; with tensors of their real shapes, which hold nothing. */

import { expect, it } from "vitest";
import { describeModel } from "../../../../runtime/models/families/index.js";
import type { MatrixPlan } from "../../../../runtime/models/weights-plan.js";
import type { FolderCheckpoint, StoredTensor } from "../../../../runtime/weights/index.js";
import { storedTensors } from "../../../../runtime/weights/stored-tensors.js";
import { type RealModel, realModels } from "./real-configs.js";

type Numbers = Readonly<Record<string, number>>;

/** Rows and columns of a layer's matrices, by the ends of their names. */
function shapesOfLayer(config: RealModel["config"]): Record<string, number[]> {
  const {
    hidden_size: h,
    intermediate_size: f,
    num_attention_heads: heads,
    num_key_value_heads: kv,
  } = config as Numbers;
  const size = (config as Numbers).head_dim ?? h! / heads!;
  const [q, k] = [heads! * size, kv! * size];
  const norms = (...names: string[]) => Object.fromEntries(names.map((name) => [name, [h!]]));
  const attention = { "self_attn.q_proj": [q, h!], "self_attn.k_proj": [k, h!], "self_attn.v_proj": [k, h!] };
  const out = { "self_attn.o_proj": [h!, q] };
  const mlp = { "mlp.gate_proj": [f!, h!], "mlp.up_proj": [f!, h!], "mlp.down_proj": [h!, f!] };
  const usual = { ...norms("input_layernorm", "post_attention_layernorm"), ...attention, ...out, ...mlp };
  const headNorms = { "self_attn.q_norm": [size], "self_attn.k_norm": [size] };
  const sandwich = norms("pre_feedforward_layernorm", "post_feedforward_layernorm");
  const experts = (count: number, width: number, at: string, [gate, up, down]: readonly string[]) => ({
    [`${at}.gate`]: [count, h!],
    ...Object.fromEntries(
      Array.from({ length: count }, (_, e) => [
        [`${at}.experts.${e}.${gate}`, [width, h!]],
        [`${at}.experts.${e}.${up}`, [width, h!]],
        [`${at}.experts.${e}.${down}`, [h!, width]],
      ]).flat(),
    ),
  });
  const attentionOnly = { ...norms("input_layernorm", "post_attention_layernorm"), ...attention, ...out };
  const families: Record<string, Record<string, number[]>> = {
    qwen2: { ...usual },
    qwen3: { ...usual, ...headNorms },
    qwen3_moe: {
      ...attentionOnly,
      ...headNorms,
      ...experts(128, 768, "mlp", ["gate_proj", "up_proj", "down_proj"]),
    },
    mixtral: { ...attentionOnly, ...experts(8, f!, "block_sparse_moe", ["w1", "w3", "w2"]) },
    gemma2: { ...usual, ...sandwich },
    gemma3_text: { ...usual, ...sandwich, ...headNorms },
    phi3: {
      ...norms("input_layernorm", "post_attention_layernorm"),
      ...{ "self_attn.qkv_proj": [q + 2 * k, h!], "mlp.gate_up_proj": [2 * f!, h!], "mlp.down_proj": [h!, f!] },
      ...out,
    },
    internlm2: {
      ...norms("attention_norm", "ffn_norm"),
      ...{ "attention.wqkv": [q + 2 * k, h!], "attention.wo": [h!, q] },
      ...{ "feed_forward.w1": [f!, h!], "feed_forward.w3": [f!, h!], "feed_forward.w2": [h!, f!] },
    },
  };
  return families[config.model_type as string] ?? usual;
}

function checkpointOf(name: string, config: RealModel["config"], tied: boolean): FolderCheckpoint {
  const { hidden_size: h, vocab_size: v, num_hidden_layers: layers } = config as Numbers;
  const intern = config.model_type === "internlm2";
  const shapes: Record<string, number[]> = {
    [intern ? "model.tok_embeddings.weight" : "model.embed_tokens.weight"]: [v!, h!],
    "model.norm.weight": [h!],
  };
  if (!tied) shapes[intern ? "output.weight" : "lm_head.weight"] = [v!, h!];
  for (let n = 0; n < layers!; n++) {
    for (const [end, shape] of Object.entries(shapesOfLayer(config))) shapes[`model.layers.${n}.${end}.weight`] = shape;
    if (config.model_type !== "qwen2") continue;
    for (const end of ["q", "k", "v"]) {
      const rows = shapes[`model.layers.${n}.self_attn.${end}_proj.weight`]![0]!;
      shapes[`model.layers.${n}.self_attn.${end}_proj.bias`] = [rows];
    }
  }
  const tensors = new Map<string, StoredTensor>();
  for (const [tensor, shape] of Object.entries(shapes)) {
    const bytes = 2 * shape.reduce((a, b) => a * b);
    tensors.set(tensor, { name: tensor, type: "BF16", shape, bytes, file: `${name}/model.safetensors`, offset: 0 });
  }
  const bytes = () => {
    throw new Error("these tensors hold nothing");
  };
  return storedTensors(
    { path: name, tensors, bytes, stretch: bytes, close: () => {} },
    { kind: "huggingface", config, generation: {} },
  );
}

it.each(Object.entries(realModels))("%s", (name, { config, billions, expected }) => {
  const checkpoint = checkpointOf(
    name,
    config,
    expected.tied === true || config.tie_word_embeddings === true || /gemma/.test(name),
  );
  const { config: read, weights } = describeModel(checkpoint);
  expect(read).toMatchObject({ name, ...expected });
  const elements = [...checkpoint.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0);
  expect(elements / 1e9 / billions).toBeCloseTo(1, 1);
  const { heads, kvHeads, headSize, hidden, feedForward, experts } = read;
  const rows = ({ parts }: MatrixPlan) =>
    parts.reduce((sum, { tensor, order }) => sum + (order?.length ?? checkpoint.tensor(tensor).shape[0]!), 0);
  const last = weights.layers.at(-1)!;
  expect(weights.layers.length).toBe(read.layers);
  expect(rows(last.qkv)).toBe((heads + 2 * kvHeads) * headSize);
  expect(rows(last.gateUp)).toBe(2 * feedForward * (experts?.count ?? 1));
  expect(rows(last.down)).toBe(hidden * (experts?.count ?? 1));
});

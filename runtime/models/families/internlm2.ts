import type { Family } from "./family.js";

const layer = "model.layers.{n}";

/** InternLM2 and 2.5 (arXiv 2403.17297): llama under other names, with q, k and v in one matrix, KV head by KV head. */
export const internlm2: Family = {
  architecture: "internlm2",
  huggingFace: { architecture: "InternLM2ForCausalLM", modelType: "internlm2" },
  defaults: { huggingface: { context: 2048 } },
  ggufPairs: "neighbours",
  biases: { qkv: { key: "bias", missing: true }, out: { key: "bias", missing: true } },
  fusedRows: "grouped",
  names: {
    huggingface: {
      embedding: "model.tok_embeddings.weight",
      head: "output.weight",
      attentionNorm: `${layer}.attention_norm.weight`,
      qkv: `${layer}.attention.wqkv.weight`,
      out: `${layer}.attention.wo.weight`,
      feedForwardNorm: `${layer}.ffn_norm.weight`,
      gate: `${layer}.feed_forward.w1.weight`,
      up: `${layer}.feed_forward.w3.weight`,
      down: `${layer}.feed_forward.w2.weight`,
    },
  },
};

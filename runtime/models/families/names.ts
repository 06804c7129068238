/** What tensors are called in both formats: {n} stands for the layer, {e} for the expert. */

import type { Format } from "./settings.js";

/** What a tensor is for. A file has q, k and v or the fused qkv; gate and up or gateUp; experts one by one or stacked (gates, ups, downs). */
export type Role =
  | "embedding"
  | "outputNorm"
  | "head"
  | "attentionNorm"
  | "q"
  | "k"
  | "v"
  | "qkv"
  | "queryNorm"
  | "keyNorm"
  | "out"
  | "postAttentionNorm"
  | "feedForwardNorm"
  | "gate"
  | "up"
  | "gateUp"
  | "down"
  | "postFeedForwardNorm"
  | "router"
  | "expertGate"
  | "expertUp"
  | "expertDown"
  | "gates"
  | "ups"
  | "gateUps"
  | "downs";

/** "" where files of the format have no such tensor. */
export type Names = Readonly<Record<Role, string>>;

const gguf: Names = {
  embedding: "token_embd.weight",
  outputNorm: "output_norm.weight",
  head: "output.weight",
  attentionNorm: "blk.{n}.attn_norm.weight",
  q: "blk.{n}.attn_q.weight",
  k: "blk.{n}.attn_k.weight",
  v: "blk.{n}.attn_v.weight",
  qkv: "blk.{n}.attn_qkv.weight",
  queryNorm: "blk.{n}.attn_q_norm.weight",
  keyNorm: "blk.{n}.attn_k_norm.weight",
  out: "blk.{n}.attn_output.weight",
  postAttentionNorm: "blk.{n}.post_attention_norm.weight",
  feedForwardNorm: "blk.{n}.ffn_norm.weight",
  gate: "blk.{n}.ffn_gate.weight",
  up: "blk.{n}.ffn_up.weight",
  gateUp: "",
  down: "blk.{n}.ffn_down.weight",
  postFeedForwardNorm: "blk.{n}.post_ffw_norm.weight",
  router: "blk.{n}.ffn_gate_inp.weight",
  expertGate: "blk.{n}.ffn_gate.{e}.weight",
  expertUp: "blk.{n}.ffn_up.{e}.weight",
  expertDown: "blk.{n}.ffn_down.{e}.weight",
  gates: "blk.{n}.ffn_gate_exps.weight",
  ups: "blk.{n}.ffn_up_exps.weight",
  gateUps: "",
  downs: "blk.{n}.ffn_down_exps.weight",
};

const huggingface: Names = {
  embedding: "model.embed_tokens.weight",
  outputNorm: "model.norm.weight",
  head: "lm_head.weight",
  attentionNorm: "model.layers.{n}.input_layernorm.weight",
  q: "model.layers.{n}.self_attn.q_proj.weight",
  k: "model.layers.{n}.self_attn.k_proj.weight",
  v: "model.layers.{n}.self_attn.v_proj.weight",
  qkv: "model.layers.{n}.self_attn.qkv_proj.weight",
  queryNorm: "model.layers.{n}.self_attn.q_norm.weight",
  keyNorm: "model.layers.{n}.self_attn.k_norm.weight",
  out: "model.layers.{n}.self_attn.o_proj.weight",
  postAttentionNorm: "",
  feedForwardNorm: "model.layers.{n}.post_attention_layernorm.weight",
  gate: "model.layers.{n}.mlp.gate_proj.weight",
  up: "model.layers.{n}.mlp.up_proj.weight",
  gateUp: "model.layers.{n}.mlp.gate_up_proj.weight",
  down: "model.layers.{n}.mlp.down_proj.weight",
  postFeedForwardNorm: "",
  router: "model.layers.{n}.mlp.gate.weight",
  expertGate: "model.layers.{n}.mlp.experts.{e}.gate_proj.weight",
  expertUp: "model.layers.{n}.mlp.experts.{e}.up_proj.weight",
  expertDown: "model.layers.{n}.mlp.experts.{e}.down_proj.weight",
  gates: "",
  ups: "",
  gateUps: "model.layers.{n}.mlp.experts.gate_up_proj",
  downs: "model.layers.{n}.mlp.experts.down_proj",
};

export const usualNames: Readonly<Record<Format, Names>> = { gguf, huggingface };

/** The tensor's name in layer `n`, of expert `e`. */
export const nameOf = (pattern: string, n = 0, e = 0): string =>
  pattern.replace("{n}", String(n)).replace("{e}", String(e));

/** The name of the bias that belongs to the weights called `name`. */
export const biasName = (name: string): string => name.replace(/weight$/, "bias");

/** Tensors that are recomputed from the configuration, in files of old programs. */
export const harmlessTensors: Readonly<Record<Format, RegExp>> = {
  gguf: /^blk\.\d+\.attn_rot_embd\.weight$/,
  huggingface: /\.rotary_emb\.inv_freq$/,
};

/**
 * A tiny model of every family with weights that are all different, as a Hugging Face folder and as llama.cpp's converter would make a GGUF
 * file of it. Written from what the converters and the models do, not from the code under test.
 */

import { array, bool, f32, type Typed, temporaryFile, text, u32 } from "../../weights/write-gguf.js";
import { folderOf, ggufModel, type NamedWeights, safetensorsFile, type Weights } from "../../weights/write-models.js";

export const H = 96;
export const HEADS = 6;
export const KV = 2;
export const D = 16;
export const F = 24;
export const V = 20;
export const EXPERTS = 4;

/** From Hugging Face's tensor to one or several of GGUF, by kind of conversion. */
type Conversion = (of: (name: string) => Weights) => Weights;

export interface TinyModel {
  readonly architecture: string;
  readonly layers: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** After the architecture's prefix. */
  readonly keys: Readonly<Record<string, Typed>>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly gguf: Readonly<Record<string, Conversion | Weights>>;
}

const copy =
  (name: string): Conversion =>
  (of) =>
    of(name);

const take = ({ shape, data }: Weights, rows: readonly number[]): Weights => {
  const width = shape.length === 1 ? 1 : shape.at(-1)!;
  const picked = rows.flatMap((row) => [...data.subarray(row * width, (row + 1) * width)]);
  return { shape: [rows.length, ...shape.slice(1)], data: Float32Array.from(picked) };
};

const span = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);

/** Of each head [2, D/2] the axes are swapped, for weights and biases. */
const permuted =
  (source: Conversion, heads: number): Conversion =>
  (of) =>
    take(
      source(of),
      span(0, heads).flatMap((head) => span(0, D).map((row) => head * D + (row % 2) * (D / 2) + Math.floor(row / 2))),
    );

const rows =
  (name: string, list: readonly number[]): Conversion =>
  (of) =>
    take(of(name), list);

const plusOne =
  (name: string): Conversion =>
  (of) => {
    const { shape, data } = of(name);
    return { shape, data: data.map((value) => value + 1) };
  };

const stacked =
  (names: readonly string[]): Conversion =>
  (of) => {
    const all = names.map(of);
    return { shape: [all.length, ...all[0]!.shape], data: Float32Array.from(all.flatMap(({ data }) => [...data])) };
  };

const P = (n: number) => `model.layers.${n}`;
const each = <T>(layers: number, make: (n: number) => Record<string, T>): Record<string, T> =>
  Object.assign({}, ...span(0, layers).map(make));

const outerShapes = { "model.embed_tokens.weight": [V, H], "model.norm.weight": [H] };
const outerGguf = {
  "token_embd.weight": copy("model.embed_tokens.weight"),
  "output_norm.weight": copy("model.norm.weight"),
};
const headShapes = { "lm_head.weight": [V, H] };
const headGguf = { "output.weight": copy("lm_head.weight") };

const normShapes = (n: number) => ({
  [`${P(n)}.input_layernorm.weight`]: [H],
  [`${P(n)}.post_attention_layernorm.weight`]: [H],
});
const normGguf = (n: number) => ({
  [`blk.${n}.attn_norm.weight`]: copy(`${P(n)}.input_layernorm.weight`),
  [`blk.${n}.ffn_norm.weight`]: copy(`${P(n)}.post_attention_layernorm.weight`),
});

const attentionShapes = (n: number, bias: "" | "qkv" | "all" = "") => ({
  [`${P(n)}.self_attn.q_proj.weight`]: [HEADS * D, H],
  [`${P(n)}.self_attn.k_proj.weight`]: [KV * D, H],
  [`${P(n)}.self_attn.v_proj.weight`]: [KV * D, H],
  [`${P(n)}.self_attn.o_proj.weight`]: [H, HEADS * D],
  ...(bias === "" ? {} : attentionBiasShapes(n)),
  ...(bias === "all" ? { [`${P(n)}.self_attn.o_proj.bias`]: [H] } : {}),
});
const attentionBiasShapes = (n: number) => ({
  [`${P(n)}.self_attn.q_proj.bias`]: [HEADS * D],
  [`${P(n)}.self_attn.k_proj.bias`]: [KV * D],
  [`${P(n)}.self_attn.v_proj.bias`]: [KV * D],
});
const attentionGguf = (n: number, neighbours: boolean, bias: "" | "qkv" | "all" = "") => {
  const turn = (name: string, heads: number) => (neighbours ? permuted(copy(name), heads) : copy(name));
  const all = (kind: "weight" | "bias") => ({
    [`blk.${n}.attn_q.${kind}`]: turn(`${P(n)}.self_attn.q_proj.${kind}`, HEADS),
    [`blk.${n}.attn_k.${kind}`]: turn(`${P(n)}.self_attn.k_proj.${kind}`, KV),
    [`blk.${n}.attn_v.${kind}`]: copy(`${P(n)}.self_attn.v_proj.${kind}`),
  });
  return {
    ...all("weight"),
    ...(bias === "" ? {} : all("bias")),
    [`blk.${n}.attn_output.weight`]: copy(`${P(n)}.self_attn.o_proj.weight`),
    ...(bias === "all" ? { [`blk.${n}.attn_output.bias`]: copy(`${P(n)}.self_attn.o_proj.bias`) } : {}),
  };
};

const headNormShapes = (n: number) => ({
  [`${P(n)}.self_attn.q_norm.weight`]: [D],
  [`${P(n)}.self_attn.k_norm.weight`]: [D],
});
const headNormGguf = (n: number, make: (name: string) => Conversion = copy) => ({
  [`blk.${n}.attn_q_norm.weight`]: make(`${P(n)}.self_attn.q_norm.weight`),
  [`blk.${n}.attn_k_norm.weight`]: make(`${P(n)}.self_attn.k_norm.weight`),
});

const denseShapes = (n: number) => ({
  [`${P(n)}.mlp.gate_proj.weight`]: [F, H],
  [`${P(n)}.mlp.up_proj.weight`]: [F, H],
  [`${P(n)}.mlp.down_proj.weight`]: [H, F],
});
const denseBiasShapes = (n: number) => ({
  [`${P(n)}.mlp.gate_proj.bias`]: [F],
  [`${P(n)}.mlp.up_proj.bias`]: [F],
  [`${P(n)}.mlp.down_proj.bias`]: [H],
});
const denseGguf = (n: number, kind: "weight" | "bias" = "weight") => ({
  [`blk.${n}.ffn_gate.${kind}`]: copy(`${P(n)}.mlp.gate_proj.${kind}`),
  [`blk.${n}.ffn_up.${kind}`]: copy(`${P(n)}.mlp.up_proj.${kind}`),
  [`blk.${n}.ffn_down.${kind}`]: copy(`${P(n)}.mlp.down_proj.${kind}`),
});

const expertShapes = (n: number, at: string, [gate, up, down]: readonly string[]) =>
  each(EXPERTS, (e) => ({
    [`${P(n)}.${at}.experts.${e}.${gate}.weight`]: [F, H],
    [`${P(n)}.${at}.experts.${e}.${up}.weight`]: [F, H],
    [`${P(n)}.${at}.experts.${e}.${down}.weight`]: [H, F],
  }));
const expertGguf = (n: number, at: string, names: readonly string[]) => {
  const all = (name: string) => stacked(span(0, EXPERTS).map((e) => `${P(n)}.${at}.experts.${e}.${name}.weight`));
  return {
    [`blk.${n}.ffn_gate_inp.weight`]: copy(`${P(n)}.${at}.gate.weight`),
    [`blk.${n}.ffn_gate_exps.weight`]: all(names[0]!),
    [`blk.${n}.ffn_up_exps.weight`]: all(names[1]!),
    [`blk.${n}.ffn_down_exps.weight`]: all(names[2]!),
  };
};

const sizes = (layers: number) => ({
  ...{ hidden_size: H, intermediate_size: F, num_hidden_layers: layers, num_attention_heads: HEADS, vocab_size: V },
  ...{ num_key_value_heads: KV, rms_norm_eps: 1e-5, max_position_embeddings: 64 },
  ...{ bos_token_id: 1, eos_token_id: [2, 3], torch_dtype: "float32", transformers_version: "5.17.0", use_cache: true },
});
const named = (architecture: string, model_type: string) => ({ architectures: [architecture], model_type });
const keys = (layers: number): Record<string, Typed> => ({
  block_count: u32(layers),
  embedding_length: u32(H),
  feed_forward_length: u32(F),
  context_length: u32(64),
  "attention.head_count": u32(HEADS),
  "attention.head_count_kv": u32(KV),
  "attention.layer_norm_rms_epsilon": f32(1e-5),
});
const headSizeKeys = { "attention.key_length": u32(D), "attention.value_length": u32(D) };

const plainLlama = (layers: number) => ({
  layers,
  tensors: {
    ...outerShapes,
    ...headShapes,
    ...each(layers, (n) => ({ ...normShapes(n), ...attentionShapes(n), ...denseShapes(n) })),
  },
  gguf: {
    ...outerGguf,
    ...headGguf,
    ...each<Conversion>(layers, (n) => ({ ...normGguf(n), ...attentionGguf(n, true), ...denseGguf(n) })),
  },
});

const values = (...numbers: number[]): Weights => ({ shape: [numbers.length], data: Float32Array.from(numbers) });

const gemmaNormShapes = (n: number) => ({
  ...normShapes(n),
  [`${P(n)}.pre_feedforward_layernorm.weight`]: [H],
  [`${P(n)}.post_feedforward_layernorm.weight`]: [H],
});
const gemmaNormGguf = (n: number) => ({
  [`blk.${n}.attn_norm.weight`]: plusOne(`${P(n)}.input_layernorm.weight`),
  [`blk.${n}.post_attention_norm.weight`]: plusOne(`${P(n)}.post_attention_layernorm.weight`),
  [`blk.${n}.ffn_norm.weight`]: plusOne(`${P(n)}.pre_feedforward_layernorm.weight`),
  [`blk.${n}.post_ffw_norm.weight`]: plusOne(`${P(n)}.post_feedforward_layernorm.weight`),
});
const outerGemmaGguf = { ...outerGguf, "output_norm.weight": plusOne("model.norm.weight") };

const wqkv = (n: number) => `${P(n)}.attention.wqkv.weight`;
const groupRows = (HEADS / KV + 2) * D;
const QUERIES = HEADS / KV;

export const tinyModels: Readonly<Record<string, TinyModel>> = {
  llama: {
    architecture: "llama",
    ...plainLlama(2),
    config: {
      ...named("LlamaForCausalLM", "llama"),
      ...sizes(2),
      ...{ rope_theta: 500000, attention_bias: false, mlp_bias: false, tie_word_embeddings: false, hidden_act: "silu" },
    },
    keys: { ...keys(2), vocab_size: u32(V), "rope.dimension_count": u32(D), "rope.freq_base": f32(500000) },
  },
  "llama with biases": {
    architecture: "llama",
    layers: 1,
    config: {
      ...named("LlamaForCausalLM", "llama"),
      ...sizes(1),
      ...{ attention_bias: true, mlp_bias: true, tie_word_embeddings: true },
    },
    keys: keys(1),
    tensors: {
      ...outerShapes,
      ...normShapes(0),
      ...attentionShapes(0, "all"),
      ...denseShapes(0),
      ...denseBiasShapes(0),
    },
    gguf: {
      ...outerGguf,
      ...normGguf(0),
      ...attentionGguf(0, true, "all"),
      ...denseGguf(0),
      ...denseGguf(0, "bias"),
    },
  },
  "llama 3.1": {
    architecture: "llama",
    ...plainLlama(1),
    gguf: {
      ...plainLlama(1).gguf,
      // Wavelengths 6.28, 19.9, 62.8, 199 … in a window of 64: below 64 / 4 kept, above 64 divided, blended between.
      "rope_freqs.weight": values(1, 1.293975830078125, 7.667385101318359, 8, 8, 8, 8, 8),
    },
    config: {
      ...named("LlamaForCausalLM", "llama"),
      ...sizes(1),
      rope_parameters: {
        ...{ rope_type: "llama3", rope_theta: 10000, factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
        original_max_position_embeddings: 64,
      },
    },
    keys: keys(1),
  },
  "mistral with windows": {
    architecture: "llama",
    ...plainLlama(2),
    config: { ...named("MistralForCausalLM", "mistral"), ...sizes(2), sliding_window: 7 },
    keys: { ...keys(2), "attention.sliding_window": u32(7) },
  },
  mixtral: {
    architecture: "llama",
    layers: 1,
    config: {
      ...named("MixtralForCausalLM", "mixtral"),
      ...sizes(1),
      ...{ num_local_experts: EXPERTS, num_experts_per_tok: 2, sliding_window: null, router_aux_loss_coef: 0.001 },
    },
    keys: {
      ...keys(1),
      "rope.freq_base": f32(1e6),
      expert_count: u32(EXPERTS),
      expert_used_count: u32(2),
    },
    tensors: {
      ...outerShapes,
      ...headShapes,
      ...normShapes(0),
      ...attentionShapes(0),
      [`${P(0)}.block_sparse_moe.gate.weight`]: [EXPERTS, H],
      ...expertShapes(0, "block_sparse_moe", ["w1", "w3", "w2"]),
    },
    gguf: {
      ...outerGguf,
      ...headGguf,
      ...normGguf(0),
      ...attentionGguf(0, true),
      ...expertGguf(0, "block_sparse_moe", ["w1", "w3", "w2"]),
    },
  },
  smollm3: {
    architecture: "smollm3",
    ...plainLlama(5),
    config: {
      ...named("SmolLM3ForCausalLM", "smollm3"),
      ...sizes(5),
      ...{ rope_theta: 5e6, tie_word_embeddings: false, no_rope_layers: [1, 1, 1, 0, 1], no_rope_layer_interval: 4 },
      ...{ use_sliding_window: false, sliding_window: null, max_window_layers: 28, rope_scaling: null },
      layer_types: Array(5).fill("full_attention"),
    },
    keys: { ...keys(5), "rope.freq_base": f32(5e6) },
  },
  internlm2: {
    architecture: "internlm2",
    layers: 1,
    config: {
      ...named("InternLM2ForCausalLM", "internlm2"),
      ...sizes(1),
      ...{ bias: false, attn_implementation: "eager", auto_map: { AutoConfig: "x" }, pretraining_tp: 1 },
      ...{ rope_theta: 1e6, rope_scaling: null },
    },
    keys: { ...keys(1), "rope.freq_base": f32(1e6) },
    tensors: {
      "model.tok_embeddings.weight": [V, H],
      "model.norm.weight": [H],
      "output.weight": [V, H],
      [`${P(0)}.attention_norm.weight`]: [H],
      [wqkv(0)]: [KV * groupRows, H],
      [`${P(0)}.attention.wo.weight`]: [H, HEADS * D],
      [`${P(0)}.ffn_norm.weight`]: [H],
      [`${P(0)}.feed_forward.w1.weight`]: [F, H],
      [`${P(0)}.feed_forward.w3.weight`]: [F, H],
      [`${P(0)}.feed_forward.w2.weight`]: [H, F],
    },
    gguf: {
      "token_embd.weight": copy("model.tok_embeddings.weight"),
      "output_norm.weight": copy("model.norm.weight"),
      "output.weight": copy("output.weight"),
      "blk.0.attn_norm.weight": copy(`${P(0)}.attention_norm.weight`),
      "blk.0.attn_q.weight": permuted(rows(wqkv(0), [...span(0, QUERIES * D), ...span(groupRows, QUERIES * D)]), HEADS),
      "blk.0.attn_k.weight": permuted(
        rows(wqkv(0), [...span(QUERIES * D, D), ...span(groupRows + QUERIES * D, D)]),
        KV,
      ),
      "blk.0.attn_v.weight": rows(wqkv(0), [...span((QUERIES + 1) * D, D), ...span(groupRows + (QUERIES + 1) * D, D)]),
      "blk.0.attn_output.weight": copy(`${P(0)}.attention.wo.weight`),
      "blk.0.ffn_norm.weight": copy(`${P(0)}.ffn_norm.weight`),
      "blk.0.ffn_gate.weight": copy(`${P(0)}.feed_forward.w1.weight`),
      "blk.0.ffn_up.weight": copy(`${P(0)}.feed_forward.w3.weight`),
      "blk.0.ffn_down.weight": copy(`${P(0)}.feed_forward.w2.weight`),
    },
  },
  qwen2: {
    architecture: "qwen2",
    layers: 2,
    config: {
      ...named("Qwen2ForCausalLM", "qwen2"),
      ...sizes(2),
      ...{ rope_theta: 1e6, sliding_window: 32, use_sliding_window: false, max_window_layers: 1, use_mrope: false },
      tie_word_embeddings: true,
      rope_scaling: { type: "yarn", factor: 4, original_max_position_embeddings: 16 },
    },
    keys: {
      ...keys(2),
      "rope.freq_base": f32(1e6),
      "rope.scaling.type": text("yarn"),
      "rope.scaling.factor": f32(4),
      "rope.scaling.original_context_length": u32(16),
      "rope.scaling.finetuned": bool(true),
    },
    tensors: {
      ...outerShapes,
      ...each(2, (n) => ({ ...normShapes(n), ...attentionShapes(n, "qkv"), ...denseShapes(n) })),
    },
    gguf: {
      ...outerGguf,
      ...each<Conversion>(2, (n) => ({ ...normGguf(n), ...attentionGguf(n, false, "qkv"), ...denseGguf(n) })),
    },
  },
  qwen3: {
    architecture: "qwen3",
    layers: 1,
    config: {
      ...named("Qwen3ForCausalLM", "qwen3"),
      ...sizes(1),
      ...{ head_dim: D, rope_parameters: { rope_type: "linear", rope_theta: 1e6, factor: 2 }, attention_bias: false },
      ...{ sliding_window: null, use_sliding_window: false, max_window_layers: 1, tie_word_embeddings: true },
    },
    keys: { ...keys(1), ...headSizeKeys, "rope.freq_base": f32(1e6), "rope.scaling.factor": f32(2) },
    tensors: { ...outerShapes, ...normShapes(0), ...attentionShapes(0), ...headNormShapes(0), ...denseShapes(0) },
    gguf: { ...outerGguf, ...normGguf(0), ...attentionGguf(0, false), ...headNormGguf(0), ...denseGguf(0) },
  },
  qwen3moe: {
    architecture: "qwen3moe",
    layers: 1,
    config: {
      ...named("Qwen3MoeForCausalLM", "qwen3_moe"),
      ...sizes(1),
      ...{
        intermediate_size: 999,
        moe_intermediate_size: F,
        num_experts: EXPERTS,
        num_experts_per_tok: 2,
        head_dim: D,
      },
      ...{
        norm_topk_prob: true,
        decoder_sparse_step: 1,
        mlp_only_layers: [],
        sliding_window: null,
        attention_bias: false,
      },
      ...{ use_sliding_window: false, max_window_layers: 48, output_router_logits: false, rope_theta: 1e6 },
    },
    keys: {
      ...keys(1),
      ...headSizeKeys,
      feed_forward_length: u32(999),
      expert_feed_forward_length: u32(F),
      "rope.freq_base": f32(1e6),
      expert_count: u32(EXPERTS),
      expert_used_count: u32(2),
    },
    tensors: {
      ...outerShapes,
      ...headShapes,
      ...normShapes(0),
      ...attentionShapes(0),
      ...headNormShapes(0),
      [`${P(0)}.mlp.gate.weight`]: [EXPERTS, H],
      ...expertShapes(0, "mlp", ["gate_proj", "up_proj", "down_proj"]),
    },
    gguf: {
      ...outerGguf,
      ...headGguf,
      ...normGguf(0),
      ...attentionGguf(0, false),
      ...headNormGguf(0),
      ...expertGguf(0, "mlp", ["gate_proj", "up_proj", "down_proj"]),
    },
  },
  phi3: {
    architecture: "phi3",
    layers: 1,
    config: {
      ...named("Phi3ForCausalLM", "phi3"),
      ...sizes(1),
      ...{ partial_rotary_factor: 0.75, original_max_position_embeddings: 16, sliding_window: 5, embd_pdrop: 0 },
      rope_scaling: {
        ...{ type: "longrope", short_factor: [1, 1.5, 2, 2.5, 3, 3.5] },
        long_factor: [4, 5, 6, 7, 8, 9],
        attention_factor: 1.25,
      },
    },
    keys: {
      ...keys(1),
      "rope.dimension_count": u32(12),
      "rope.scaling.original_context_length": u32(16),
      "rope.scaling.attn_factor": f32(1.25),
      "attention.sliding_window": u32(5),
    },
    tensors: {
      ...outerShapes,
      ...headShapes,
      ...normShapes(0),
      [`${P(0)}.self_attn.qkv_proj.weight`]: [(HEADS + 2 * KV) * D, H],
      [`${P(0)}.self_attn.o_proj.weight`]: [H, HEADS * D],
      [`${P(0)}.mlp.gate_up_proj.weight`]: [2 * F, H],
      [`${P(0)}.mlp.down_proj.weight`]: [H, F],
    },
    gguf: {
      ...outerGguf,
      ...headGguf,
      ...normGguf(0),
      "blk.0.attn_qkv.weight": copy(`${P(0)}.self_attn.qkv_proj.weight`),
      "blk.0.attn_output.weight": copy(`${P(0)}.self_attn.o_proj.weight`),
      "blk.0.ffn_up.weight": copy(`${P(0)}.mlp.gate_up_proj.weight`),
      "blk.0.ffn_down.weight": copy(`${P(0)}.mlp.down_proj.weight`),
      "rope_factors_short.weight": values(1, 1.5, 2, 2.5, 3, 3.5),
      "rope_factors_long.weight": values(4, 5, 6, 7, 8, 9),
    },
  },
  gemma2: {
    architecture: "gemma2",
    layers: 3,
    config: {
      ...named("Gemma2ForCausalLM", "gemma2"),
      ...sizes(3),
      ...{ head_dim: D, query_pre_attn_scalar: D, sliding_window: 9, attn_logit_softcapping: 50.0 },
      ...{
        final_logit_softcapping: 30.0,
        hidden_activation: "gelu_pytorch_tanh",
        hidden_act: "gelu",
        attention_bias: false,
      },
      cache_implementation: "hybrid",
    },
    keys: {
      ...keys(3),
      ...headSizeKeys,
      attn_logit_softcapping: f32(50),
      final_logit_softcapping: f32(30),
      "attention.sliding_window": u32(9),
    },
    tensors: {
      ...outerShapes,
      ...each(3, (n) => ({ ...gemmaNormShapes(n), ...attentionShapes(n), ...denseShapes(n) })),
    },
    gguf: {
      ...outerGemmaGguf,
      ...each<Conversion>(3, (n) => ({ ...gemmaNormGguf(n), ...attentionGguf(n, false), ...denseGguf(n) })),
    },
  },
  gemma3: {
    architecture: "gemma3",
    layers: 3,
    config: {
      ...named("Gemma3ForCausalLM", "gemma3_text"),
      ...sizes(3),
      ...{ head_dim: D, query_pre_attn_scalar: D, sliding_window: 9, attn_logit_softcapping: null },
      ...{ final_logit_softcapping: null, hidden_activation: "gelu_pytorch_tanh", sliding_window_pattern: 3 },
      ...{ rope_theta: 1e6, rope_local_base_freq: 1e4, rope_scaling: { rope_type: "linear", factor: 8 } },
    },
    keys: {
      ...keys(3),
      ...headSizeKeys,
      "rope.freq_base": f32(1e6),
      "rope.freq_base_swa": f32(1e4),
      "rope.scaling.type": text("linear"),
      "rope.scaling.factor": f32(8),
      "attention.sliding_window": u32(9),
      "attention.sliding_window_pattern": array("bool", [true, true, false]),
    },
    tensors: {
      ...outerShapes,
      ...each(3, (n) => ({
        ...gemmaNormShapes(n),
        ...attentionShapes(n),
        ...headNormShapes(n),
        ...denseShapes(n),
      })),
    },
    gguf: {
      ...outerGemmaGguf,
      ...each<Conversion>(3, (n) => ({
        ...gemmaNormGguf(n),
        ...attentionGguf(n, false),
        ...headNormGguf(n, plusOne),
        ...denseGguf(n),
      })),
    },
  },
};

/** Weights that are all different, and whole numbers, so that a sum with 1 is exact. */
export function tinyWeights({ tensors }: Pick<TinyModel, "tensors">): Map<string, Weights> {
  let next = 1;
  return new Map(
    Object.entries(tensors).map(([name, shape]) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => next++);
      return [name, { shape, data }];
    }),
  );
}

export function convert({ gguf }: Pick<TinyModel, "gguf">, weights: NamedWeights): Map<string, Weights> {
  const of = (name: string) => {
    const found = weights.get(name);
    if (!found) throw new Error(`no ${name}`);
    return found;
  };
  return new Map(Object.entries(gguf).map(([name, make]) => [name, typeof make === "function" ? make(of) : make]));
}

const tokenizer: Record<string, Typed> = {
  "tokenizer.ggml.tokens": array(
    "string",
    Array.from({ length: V }, (_, i) => `t${i}`),
  ),
  "tokenizer.ggml.bos_token_id": u32(1),
  "tokenizer.ggml.eos_token_id": u32(2),
  "tokenizer.ggml.eot_token_id": u32(3),
};

/** The metadata of the model's GGUF file; `changes` are whole keys, undefined removes. */
export function ggufKeys(model: TinyModel, changes: Readonly<Record<string, Typed | undefined>> = {}) {
  const { architecture } = model;
  const own = Object.entries(model.keys).map(([key, value]) => [`${architecture}.${key}`, value]);
  const all = { "general.architecture": text(architecture), ...Object.fromEntries(own), ...tokenizer, ...changes };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, Typed] => entry[1] !== undefined));
}

export interface Changes<T> {
  /** Keys that get another value, or with undefined none. */
  readonly keys?: Readonly<Record<string, T | undefined>>;
  /** Tensors that get another shape, or with undefined are left out. */
  readonly tensors?: Readonly<Record<string, readonly number[] | undefined>>;
}

function changed(weights: Map<string, Weights>, tensors: Changes<unknown>["tensors"] = {}): Map<string, Weights> {
  for (const [name, shape] of Object.entries(tensors)) {
    if (shape) weights.set(name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1) });
    else weights.delete(name);
  }
  return weights;
}

/** Path of the model as a GGUF file. */
export function writeGguf(model: TinyModel, { keys: more, tensors }: Changes<Typed> = {}): string {
  const weights = changed(convert(model, tinyWeights(model)), tensors);
  return temporaryFile(ggufModel(ggufKeys(model, more), weights));
}

/** Path of the model as a Hugging Face folder. */
export function writeFolder(model: TinyModel, { keys: more, tensors }: Changes<unknown> = {}): string {
  const weights = changed(tinyWeights(model), tensors);
  return folderOf({ "config.json": { ...model.config, ...more }, "model.safetensors": safetensorsFile(weights) });
}

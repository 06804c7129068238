/**
 * The models that kernels are compiled ahead for: config.json of each, as far as it matters here (a description of sizes, not a work). Where
 * a repository has been updated, the keys of both times are there in one or the other model.
 */

export interface ReleasedModel {
  readonly config: Readonly<Record<string, unknown>>;
  /** Parameters, in billions, as the model's card counts them: embeddings once where they are tied. */
  readonly billions: number;
}

const saved = { torch_dtype: "bfloat16", transformers_version: "4.40.0", use_cache: true, initializer_range: 0.02 };
const silu = { hidden_act: "silu", attention_dropout: 0.0 };

const first: Readonly<Record<string, ReleasedModel>> = {
  "Llama-2-7b": {
    billions: 6.74,
    config: {
      ...saved,
      ...{
        _name_or_path: "x",
        architectures: ["LlamaForCausalLM"],
        model_type: "llama",
        bos_token_id: 1,
        eos_token_id: 2,
      },
      ...{ hidden_act: "silu", hidden_size: 4096, intermediate_size: 11008, max_position_embeddings: 4096 },
      ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 32, pretraining_tp: 1 },
      ...{ rms_norm_eps: 1e-5, rope_scaling: null, tie_word_embeddings: false, vocab_size: 32000, pad_token_id: 0 },
    },
  },
  "Llama-3.1-8B-Instruct": {
    billions: 8.03,
    config: {
      ...saved,
      ...silu,
      ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", attention_bias: false, mlp_bias: false },
      ...{ bos_token_id: 128000, eos_token_id: [128001, 128008, 128009], hidden_size: 4096, intermediate_size: 14336 },
      ...{ max_position_embeddings: 131072, num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8 },
      ...{
        pretraining_tp: 1,
        rms_norm_eps: 1e-5,
        rope_theta: 500000.0,
        tie_word_embeddings: false,
        vocab_size: 128256,
      },
      rope_scaling: {
        ...{ factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, rope_type: "llama3" },
        original_max_position_embeddings: 8192,
      },
    },
  },
  "SmolLM2-135M-Instruct": {
    billions: 0.1345,
    config: {
      ...saved,
      ...silu,
      ...{ architectures: ["LlamaForCausalLM"], model_type: "llama", attention_bias: false, mlp_bias: false },
      ...{ bos_token_id: 1, eos_token_id: 2, pad_token_id: 2, hidden_size: 576, intermediate_size: 1536 },
      ...{ is_llama_config: true, max_position_embeddings: 8192, num_attention_heads: 9, num_hidden_layers: 30 },
      ...{ num_key_value_heads: 3, pretraining_tp: 1, rms_norm_eps: 1e-5, rope_interleaved: false, rope_scaling: null },
      ...{ rope_theta: 100000, tie_word_embeddings: true, vocab_size: 49152, initializer_range: 0.041666666666666664 },
      "transformers.js_config": { kv_cache_dtype: { q4f16: "float16", fp16: "float16" } },
    },
  },
  "SmolLM3-3B": {
    billions: 3.075,
    config: {
      ...saved,
      ...silu,
      ...{ architectures: ["SmolLM3ForCausalLM"], model_type: "smollm3", attention_bias: false, mlp_bias: false },
      ...{
        bos_token_id: null,
        eos_token_id: 128012,
        pad_token_id: 128004,
        hidden_size: 2048,
        intermediate_size: 11008,
      },
      ...{ layer_types: Array(36).fill("full_attention"), max_position_embeddings: 65536, max_window_layers: 28 },
      ...{ no_rope_layer_interval: 4, no_rope_layers: Array.from({ length: 36 }, (_, n) => Number((n + 1) % 4 !== 0)) },
      ...{
        num_attention_heads: 16,
        num_hidden_layers: 36,
        num_key_value_heads: 4,
        pretraining_tp: 2,
        vocab_size: 128256,
      },
      ...{
        rms_norm_eps: 1e-6,
        rope_scaling: null,
        rope_theta: 5000000.0,
        sliding_window: null,
        use_sliding_window: false,
      },
    },
  },
  "Mistral-7B-v0.1": {
    billions: 7.24,
    config: {
      ...saved,
      ...{ architectures: ["MistralForCausalLM"], model_type: "mistral", bos_token_id: 1, eos_token_id: 2 },
      ...{ hidden_act: "silu", hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768 },
      ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5 },
      ...{ rope_theta: 10000.0, sliding_window: 4096, tie_word_embeddings: false, vocab_size: 32000 },
    },
  },
  "Mixtral-8x7B-v0.1": {
    billions: 46.7,
    config: {
      ...saved,
      ...{ architectures: ["MixtralForCausalLM"], model_type: "mixtral", bos_token_id: 1, eos_token_id: 2 },
      ...{ hidden_act: "silu", hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768 },
      ...{ num_attention_heads: 32, num_hidden_layers: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5 },
      ...{ rope_theta: 1e6, sliding_window: null, tie_word_embeddings: false, vocab_size: 32000, attention_dropout: 0 },
      ...{ num_experts_per_tok: 2, num_local_experts: 8, output_router_logits: false, router_aux_loss_coef: 0.02 },
    },
  },
  "Qwen2.5-0.5B-Instruct": {
    billions: 0.494,
    config: {
      ...saved,
      ...silu,
      ...{ architectures: ["Qwen2ForCausalLM"], model_type: "qwen2", bos_token_id: 151643, eos_token_id: 151645 },
      ...{ hidden_size: 896, intermediate_size: 4864, max_position_embeddings: 32768, max_window_layers: 21 },
      ...{ num_attention_heads: 14, num_hidden_layers: 24, num_key_value_heads: 2, rms_norm_eps: 1e-6 },
      ...{ rope_theta: 1000000.0, sliding_window: 32768, tie_word_embeddings: true, use_sliding_window: false },
      vocab_size: 151936,
    },
  },
  "Qwen3-0.6B": {
    billions: 0.596,
    config: {
      ...saved,
      ...silu,
      ...{ architectures: ["Qwen3ForCausalLM"], model_type: "qwen3", bos_token_id: 151643, eos_token_id: 151645 },
      ...{ attention_bias: false, head_dim: 128, hidden_size: 1024, intermediate_size: 3072, max_window_layers: 28 },
      ...{ max_position_embeddings: 40960, num_attention_heads: 16, num_hidden_layers: 28, num_key_value_heads: 8 },
      ...{
        rms_norm_eps: 1e-6,
        rope_scaling: null,
        rope_theta: 1000000,
        sliding_window: null,
        tie_word_embeddings: true,
      },
      ...{ use_sliding_window: false, vocab_size: 151936 },
    },
  },
  "Qwen3-30B-A3B": {
    billions: 30.5,
    config: {
      ...saved,
      ...silu,
      ...{
        architectures: ["Qwen3MoeForCausalLM"],
        model_type: "qwen3_moe",
        bos_token_id: 151643,
        eos_token_id: 151645,
      },
      ...{ attention_bias: false, decoder_sparse_step: 1, head_dim: 128, hidden_size: 2048, intermediate_size: 6144 },
      ...{ max_position_embeddings: 40960, max_window_layers: 48, mlp_only_layers: [], moe_intermediate_size: 768 },
      ...{
        norm_topk_prob: true,
        num_attention_heads: 32,
        num_experts: 128,
        num_experts_per_tok: 8,
        num_hidden_layers: 48,
      },
      ...{
        num_key_value_heads: 4,
        output_router_logits: false,
        rms_norm_eps: 1e-6,
        rope_scaling: null,
        rope_theta: 1e6,
      },
      ...{ router_aux_loss_coef: 0.001, sliding_window: null, tie_word_embeddings: false, use_sliding_window: false },
      vocab_size: 151936,
    },
  },
  "internlm2_5-7b-chat": {
    billions: 7.74,
    config: {
      ...saved,
      ...{
        architectures: ["InternLM2ForCausalLM"],
        model_type: "internlm2",
        attn_implementation: "eager",
        bias: false,
      },
      ...{ auto_map: { AutoConfig: "x" }, bos_token_id: 1, eos_token_id: 2, pad_token_id: 2, hidden_act: "silu" },
      ...{ hidden_size: 4096, intermediate_size: 14336, max_position_embeddings: 32768, num_attention_heads: 32 },
      ...{ num_hidden_layers: 32, num_key_value_heads: 8, rms_norm_eps: 1e-5, rope_theta: 1000000, vocab_size: 92544 },
      ...{ rope_scaling: { type: "dynamic", factor: 2.0 }, tie_word_embeddings: false, pretraining_tp: 1 },
    },
  },
  "Phi-3-mini-4k-instruct": {
    billions: 3.82,
    config: {
      ...saved,
      ...silu,
      ...{ _name_or_path: "Phi-3-mini-4k-instruct", architectures: ["Phi3ForCausalLM"], model_type: "phi3" },
      ...{ auto_map: {}, bos_token_id: 1, eos_token_id: 32000, pad_token_id: 32000, embd_pdrop: 0, resid_pdrop: 0 },
      ...{ hidden_size: 3072, intermediate_size: 8192, max_position_embeddings: 4096, num_attention_heads: 32 },
      ...{ num_hidden_layers: 32, num_key_value_heads: 32, original_max_position_embeddings: 4096, rms_norm_eps: 1e-5 },
      ...{
        rope_scaling: null,
        rope_theta: 10000.0,
        sliding_window: 2047,
        tie_word_embeddings: false,
        vocab_size: 32064,
      },
      attention_bias: false,
    },
  },
  "Phi-4-mini-instruct": {
    billions: 3.84,
    config: {
      ...saved,
      ...silu,
      ...{ architectures: ["Phi3ForCausalLM"], model_type: "phi3", attention_bias: false, auto_map: {}, embd_pdrop: 0 },
      ...{ bos_token_id: 199999, eos_token_id: 199999, pad_token_id: 199999, full_attn_mod: 1, interpolate_factor: 1 },
      ...{ hidden_size: 3072, intermediate_size: 8192, lm_head_bias: false, max_position_embeddings: 131072 },
      ...{ mlp_bias: false, num_attention_heads: 24, num_hidden_layers: 32, num_key_value_heads: 8, resid_pdrop: 0 },
      ...{
        original_max_position_embeddings: 4096,
        partial_rotary_factor: 0.75,
        rms_norm_eps: 1e-5,
        rope_theta: 10000.0,
      },
      ...{ sliding_window: 262144, tie_word_embeddings: true, vocab_size: 200064 },
      rope_scaling: { type: "longrope", long_factor: Array(48).fill(4), short_factor: Array(48).fill(1) },
    },
  },
  "gemma-2-2b-it": {
    billions: 2.61,
    config: {
      ...saved,
      ...{ architectures: ["Gemma2ForCausalLM"], model_type: "gemma2", attention_bias: false, attention_dropout: 0.0 },
      ...{ attn_logit_softcapping: 50.0, bos_token_id: 2, cache_implementation: "hybrid", eos_token_id: [1, 107] },
      ...{ final_logit_softcapping: 30.0, head_dim: 256, hidden_act: "gelu_pytorch_tanh", hidden_size: 2304 },
      ...{ hidden_activation: "gelu_pytorch_tanh", intermediate_size: 9216, max_position_embeddings: 8192 },
      ...{ num_attention_heads: 8, num_hidden_layers: 26, num_key_value_heads: 4, pad_token_id: 0, rms_norm_eps: 1e-6 },
      ...{ query_pre_attn_scalar: 256, rope_theta: 10000.0, sliding_window: 4096, vocab_size: 256000 },
    },
  },
  "gemma-3-1b-it": {
    billions: 1.0,
    config: {
      ...saved,
      ...{
        architectures: ["Gemma3ForCausalLM"],
        model_type: "gemma3_text",
        attention_bias: false,
        attention_dropout: 0,
      },
      ...{ attn_logit_softcapping: null, bos_token_id: 2, cache_implementation: "hybrid", eos_token_id: [1, 106] },
      ...{ final_logit_softcapping: null, head_dim: 256, hidden_activation: "gelu_pytorch_tanh", hidden_size: 1152 },
      ...{ intermediate_size: 6912, max_position_embeddings: 32768, num_attention_heads: 4, num_hidden_layers: 26 },
      ...{
        num_key_value_heads: 1,
        pad_token_id: 0,
        query_pre_attn_scalar: 256,
        rms_norm_eps: 1e-6,
        vocab_size: 262144,
      },
      ...{ rope_local_base_freq: 10000, rope_scaling: null, rope_theta: 1000000, sliding_window: 512 },
      sliding_window_pattern: 6,
    },
  },
};

/** Layers, hidden width, query and KV heads, and feed-forward width of models that are otherwise as another of their family. */
type Sizes = readonly [layers: number, hidden: number, heads: number, kvHeads: number, feedForward: number];

const like = (name: string, billions: number, sizes: Sizes, more: ReleasedModel["config"] = {}): ReleasedModel => {
  const [num_hidden_layers, hidden_size, num_attention_heads, num_key_value_heads, intermediate_size] = sizes;
  const own = { num_hidden_layers, hidden_size, num_attention_heads, num_key_value_heads, intermediate_size };
  return { billions, config: { ...first[name]!.config, ...own, ...more } };
};

const TIED = { tie_word_embeddings: true };
const UNTIED = { tie_word_embeddings: false };

/** By name. */
export const RELEASED: Readonly<Record<string, ReleasedModel>> = {
  ...first,
  "Llama-3.2-1B-Instruct": like("Llama-3.1-8B-Instruct", 1.236, [16, 2048, 32, 8, 8192], TIED),
  "Llama-3.2-3B-Instruct": like("Llama-3.1-8B-Instruct", 3.213, [28, 3072, 24, 8, 8192], TIED),
  "TinyLlama-1.1B-Chat-v1.0": like("Llama-2-7b", 1.1, [22, 2048, 32, 4, 5632], { max_position_embeddings: 2048 }),
  "SmolLM2-360M-Instruct": like("SmolLM2-135M-Instruct", 0.362, [32, 960, 15, 5, 2560]),
  "SmolLM2-1.7B-Instruct": like("SmolLM2-135M-Instruct", 1.711, [24, 2048, 32, 32, 8192]),
  "Mistral-7B-Instruct-v0.3": like("Mistral-7B-v0.1", 7.248, [32, 4096, 32, 8, 14336], {
    sliding_window: null,
    vocab_size: 32768,
    rope_theta: 1e6,
  }),
  "Qwen2.5-1.5B-Instruct": like("Qwen2.5-0.5B-Instruct", 1.544, [28, 1536, 12, 2, 8960]),
  "Qwen2.5-3B-Instruct": like("Qwen2.5-0.5B-Instruct", 3.086, [36, 2048, 16, 2, 11008]),
  "Qwen2.5-7B-Instruct": like("Qwen2.5-0.5B-Instruct", 7.616, [28, 3584, 28, 4, 18944], {
    ...UNTIED,
    vocab_size: 152064,
  }),
  "Qwen3-1.7B": like("Qwen3-0.6B", 1.72, [28, 2048, 16, 8, 6144]),
  "Qwen3-4B": like("Qwen3-0.6B", 4.02, [36, 2560, 32, 8, 9728]),
  "Qwen3-8B": like("Qwen3-0.6B", 8.19, [36, 4096, 32, 8, 12288], UNTIED),
  "gemma-2-9b-it": like("gemma-2-2b-it", 9.24, [42, 3584, 16, 8, 14336]),
};

/** Keys that change nothing in what a decoder computes, or nothing as long as they have certain values. All others must be asked for by someone. */

import { ModelError } from "../../weights/index.js";
import { type Keys, shown } from "./keys.js";
import type { Format } from "./settings.js";

/** key → the values without effect, or "any". */
export type HarmlessKeys = Readonly<Record<string, "any" | readonly unknown[]>>;

const any = (...keys: string[]): HarmlessKeys => Object.fromEntries(keys.map((key) => [key, "any"]));
const only = (values: readonly unknown[], ...keys: string[]): HarmlessKeys =>
  Object.fromEntries(keys.map((key) => [key, values]));

const gguf: HarmlessKeys = {
  // Notes about how the model came to be.
  ...any("rope.scaling.finetuned", "tensor_data_layout"),
  // Features that are off.
  ...only([true], "attention.causal"),
  ...only([false], "use_parallel_residual"),
  ...only([0], "expert_count", "expert_used_count", "expert_shared_count", "leading_dense_block_count"),
  ...only([0], "attention.sliding_window", "attention.clamp_kqv", "attention.max_alibi_bias", "pooling_type"),
  ...only([0], "rope.scaling.alpha", "rope.scaling.yarn_log_multiplier"),
  ...only([0, 1], "rope.scaling.yarn_ext_factor", "expert_weights_scale"),
  // What all families with experts do: weights by softmax, divided by their sum.
  ...only([1], "expert_gating_func"),
  ...only([true], "expert_weights_norm"),
  ...only([0], "attention.scale", "logit_scale", "residual_scale", "embedding_scale"),
};

const huggingface: HarmlessKeys = {
  // Who made it, with what, and which class of theirs runs it.
  ...any("_name_or_path", "name_or_path", "architectures", "model_type", "auto_map", "transformers_version", "license"),
  ...any("torch_dtype", "dtype", "attn_implementation", "_attn_implementation", "_attn_implementation_autoset"),
  ...any("unsloth_fixed", "unsloth_version", "transformers.js_config", "is_llama_config", "tokenizer_class", "title"),
  // For training.
  ...any(
    "initializer_range",
    "attention_dropout",
    "resid_pdrop",
    "embd_pdrop",
    "hidden_dropout",
    "output_router_logits",
  ),
  ...any("router_aux_loss_coef", "router_jitter_noise", "gradient_checkpointing"),
  // How a program keeps its cache and its outputs, and how it splits matrices.
  ...any("use_cache", "cache_implementation", "pretraining_tp", "return_dict", "output_attentions"),
  ...any("output_hidden_states", "torchscript", "use_bfloat16", "keys_to_ignore_at_inference", "problem_type"),
  ...any("id2label", "label2id", "finetuning_task", "task_specific_params", "base_model_tp_plan", "is_decoder"),
  // For generation; those of generation_config.json count.
  ...any("bos_token_id", "eos_token_id", "pad_token_id", "unk_token_id", "sep_token_id", "decoder_start_token_id"),
  ...any("temperature", "top_k", "top_p", "do_sample", "num_beams", "max_length", "min_length", "repetition_penalty"),
  // Features that are off.
  ...only([false], "is_encoder_decoder", "add_cross_attention", "tie_encoder_decoder", "cross_attention_hidden_size"),
  ...only([false], "attention_bias", "mlp_bias", "lm_head_bias", "bias", "qkv_bias", "rope_interleaved", "use_mrope"),
  ...only([false], "use_sliding_window", "use_qk_norm", "use_bidirectional_attention", "attn_output_gate"),
  ...only([1], "full_attn_mod", "interpolate_factor"),
  ...only([{}, []], "pruned_heads"),
  ...only([0], "chunk_size_feed_forward"),
};

const common: Readonly<Record<Format, HarmlessKeys>> = { gguf, huggingface };

/** Whether `value` of `key`, whose prefix is off, changes nothing. */
function isHarmless(key: string, value: unknown, tables: readonly (HarmlessKeys | undefined)[]): boolean {
  return tables.some((table) => {
    const allowed = table && Object.hasOwn(table, key) ? table[key] : undefined;
    return allowed === "any" || allowed?.some((one) => JSON.stringify(one) === JSON.stringify(value));
  });
}

/** What is known of keys that are refused. */
const hints: readonly [RegExp, string][] = [
  [/^quantization_config/, "Use the model in bf16, or a GGUF file of it."],
  [/^(vision|audio|text)_config|^mm_|image_token/, "Use a model of text only."],
];

/** Throws ModelError naming the first key, with its value, that nobody asked for and that is not known to be harmless. */
export function requireAllAsked(keys: Keys, format: Format, own?: HarmlessKeys): void {
  for (const [key, value] of keys.unasked()) {
    const bare = key.slice(keys.prefix.length);
    if (isHarmless(bare, value, [common[format], own])) continue;
    throw new ModelError("metadata-unsupported", `${key} is ${shown(value)}, and nothing is known to do with it`, {
      file: keys.file,
      hint: hints.find(([pattern]) => pattern.test(bare))?.[1],
    });
  }
}

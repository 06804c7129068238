/** What cannot be run is refused by name, with the key or tensor and a way out; nothing is left out without a word. */

import { describe, expect, it } from "vitest";
import { describeModel } from "../../../../runtime/models/families/index.js";
import { type ModelErrorCode, openCheckpoint } from "../../../../runtime/weights/index.js";
import { array, bool, f32, type Typed, text, u32 } from "../../weights/write-gguf.js";
import { type Changes, tinyModels, V, writeFolder, writeGguf } from "./tiny-models.js";

const llama = tinyModels.llama!;

function refusal(path: string, code: ModelErrorCode, message: RegExp) {
  using checkpoint = openCheckpoint(path);
  expect(() => describeModel(checkpoint)).toThrow(
    expect.objectContaining({ name: "ModelError", code, message: expect.stringMatching(message) }),
  );
}

type Row<T> = [what: string, changes: Changes<T>, code: ModelErrorCode, message: RegExp];
const key = <T>(name: string, value: T | undefined): Changes<T> => ({ keys: { [name]: value } });
const tensor = (name: string, shape: readonly number[] | undefined) => ({ tensors: { [name]: shape } });

describe("of a GGUF file of architecture llama", () => {
  it.each<Row<Typed>>([
    [
      "an unknown architecture",
      key("general.architecture", text("rwkv7")),
      "architecture-unsupported",
      /"rwkv7".*one of these: llama/,
    ],
    ["an adapter", key("general.type", text("adapter")), "architecture-unsupported", /type "adapter"/],
    ["an unknown key", key("llama.attention.sinks", u32(4)), "metadata-unsupported", /llama\.attention\.sinks is 4/],
    [
      "a long unknown key",
      key("llama.foo", array("u32", Array(99).fill(7))),
      "metadata-unsupported",
      /llama\.foo is \[7,7,.*…/,
    ],
    [
      "a key that is on",
      key("llama.rope.scaling.alpha", f32(1000)),
      "metadata-unsupported",
      /rope\.scaling\.alpha is 1000/,
    ],
    [
      "attention to later tokens",
      key("llama.attention.causal", bool(false)),
      "metadata-unsupported",
      /causal is false/,
    ],
    [
      "another scale of scores",
      key("llama.attention.scale", f32(0.5)),
      "metadata-unsupported",
      /attention\.scale is 0\.5/,
    ],
    ["a missing size", key("llama.block_count", undefined), "metadata-missing", /llama\.block_count is missing/],
    [
      "a size that is text",
      key("llama.block_count", text("2")),
      "metadata-type",
      /llama\.block_count \("2"\) must be a whole number/,
    ],
    ["no layers", key("llama.block_count", u32(0)), "metadata-value", /layers is 0/],
    ["more layers than tensors", key("llama.block_count", u32(3)), "tensor-missing", /blk\.2\.attn_norm\.weight/],
    ["fewer layers than tensors", key("llama.block_count", u32(1)), "tensor-unsupported", /blk\.1\..* and 8 more/],
    ["absurdly many layers", key("llama.block_count", u32(4e9)), "metadata-value", /beyond any model/],
    [
      "absurdly many heads",
      {
        keys: {
          "llama.attention.head_count": u32(4e9),
          "llama.attention.head_count_kv": u32(4e9),
          "llama.attention.key_length": u32(16),
        },
      },
      "metadata-value",
      /4000000000 heads are beyond/,
    ],
    [
      "heads that do not divide the width",
      key("llama.attention.head_count", u32(10)),
      "metadata-value",
      /no multiple of 10 heads/,
    ],
    [
      "heads that KV heads do not divide",
      key("llama.attention.head_count_kv", u32(4)),
      "metadata-value",
      /6 query heads cannot share 4/,
    ],
    ["no KV heads", key("llama.attention.head_count_kv", u32(0)), "metadata-value", /cannot share 0/],
    [
      "KV heads that differ",
      key("llama.attention.head_count_kv", array("u32", [2, 6])),
      "metadata-unsupported",
      /head_count_kv \(\[2,6\]\) differs from layer to layer/,
    ],
    [
      "heads of 8",
      key("llama.attention.key_length", u32(8)),
      "metadata-value",
      /heads of 8 are not supported, only multiples of 16/,
    ],
    ["heads of 512", key("llama.attention.key_length", u32(512)), "metadata-value", /heads of 512/],
    [
      "24 query heads to a KV head",
      {
        keys: {
          "llama.attention.head_count": u32(24),
          "llama.attention.head_count_kv": u32(1),
          "llama.attention.key_length": u32(16),
        },
      },
      "metadata-value",
      /24 query heads to a KV head/,
    ],
    [
      "values of another size",
      key("llama.attention.value_length", u32(32)),
      "metadata-value",
      /values of 32 beside keys of 16/,
    ],
    [
      "half a head that rotates",
      key("llama.rope.dimension_count", u32(8)),
      "metadata-unsupported",
      /dimension_count \(8\) is less than the 16/,
    ],
    ["more than a head that rotates", key("llama.rope.dimension_count", u32(18)), "metadata-value", /makes 18 of 16/],
    ["no window", key("llama.context_length", u32(0)), "metadata-value", /context is 0/],
    ["an endless window", key("llama.context_length", u32(2 ** 31)), "metadata-value", /window of 2147483648/],
    ["an epsilon of 0", key("llama.attention.layer_norm_rms_epsilon", f32(0)), "metadata-value", /epsilon is 0/],
    ["a RoPE base of 0", key("llama.rope.freq_base", f32(0)), "metadata-value", /RoPE base is 0/],
    [
      "an unknown scaling",
      key("llama.rope.scaling.type", text("su")),
      "metadata-unsupported",
      /rope\.scaling\.type \("su"\)/,
    ],
    [
      "longrope without factors",
      key("llama.rope.scaling.type", text("longrope")),
      "tensor-missing",
      /rope_factors_short/,
    ],
    [
      "a negative factor",
      key("llama.rope.scaling.factor", f32(-2)),
      "metadata-value",
      /factor \(-2\) must be positive/,
    ],
    [
      "an end beyond the tokens",
      key("tokenizer.ggml.eos_token_id", u32(V)),
      "metadata-value",
      /special token 20 is outside the vocabulary of 20/,
    ],
    [
      "another number of tokens",
      key("llama.vocab_size", u32(21)),
      "metadata-value",
      /says 21 tokens, but the embedding has 20 rows/,
    ],
    [
      "more tokens than rows",
      key(
        "tokenizer.ggml.tokens",
        array(
          "string",
          Array.from({ length: 30 }, (_, i) => `t${i}`),
        ),
      ),
      "metadata-value",
      /30 tokens, but 20 rows/,
    ],
    [
      "experts without tensors",
      { keys: { "llama.expert_count": u32(4), "llama.expert_used_count": u32(2) } },
      "tensor-missing",
      /blk\.0\.ffn_gate_exps/,
    ],
    [
      "more experts used than there are",
      { keys: { "llama.expert_count": u32(4), "llama.expert_used_count": u32(5) } },
      "metadata-value",
      /5 of 4 experts/,
    ],
    [
      "experts beyond any model",
      { keys: { "llama.expert_count": u32(4e9), "llama.expert_used_count": u32(2) } },
      "metadata-value",
      /4000000000 experts/,
    ],
    ["a shared expert", key("llama.expert_shared_count", u32(1)), "metadata-unsupported", /expert_shared_count is 1/],
    ["a missing weight", tensor("blk.1.ffn_up.weight", undefined), "tensor-missing", /blk\.1\.ffn_up\.weight/],
    ["a missing embedding", tensor("token_embd.weight", undefined), "tensor-missing", /token_embd/],
    [
      "a weight of another shape",
      tensor("blk.0.attn_k.weight", [96, 96]),
      "tensor-shape",
      /attn_k.weight" has the shape \[96, 96\], but the metadata says \[32, 96\]/,
    ],
    [
      "a weight of another rank",
      tensor("blk.0.attn_norm.weight", [1, 96]),
      "tensor-shape",
      /\[1, 96\], but the metadata says \[96\]/,
    ],
    ["an unknown tensor", tensor("blk.0.attn_sinks.weight", [6]), "tensor-unsupported", /"blk\.0\.attn_sinks\.weight"/],
    ["some of the biases of a group", tensor("blk.0.attn_q.bias", [96]), "tensor-missing", /blk\.0\.attn_k\.bias/],
    [
      "a norm that the family does not have",
      tensor("blk.0.attn_q_norm.weight", [16]),
      "tensor-unsupported",
      /attn_q_norm/,
    ],
    [
      "RoPE divisors of another size",
      tensor("rope_freqs.weight", [4]),
      "tensor-shape",
      /rope_freqs.weight" has the shape \[4\].*\[8\]/,
    ],
    [
      "RoPE divisors beside a factor",
      { ...key("llama.rope.scaling.factor", f32(2)), ...tensor("rope_freqs.weight", [8]) },
      "metadata-unsupported",
      /factor \(2\) stands beside rope_freqs/,
    ],
    [
      "RoPE divisors that yarn does not use",
      { ...key("llama.rope.scaling.type", text("yarn")), ...tensor("rope_freqs.weight", [8]) },
      "tensor-unsupported",
      /rope_freqs/,
    ],
    [
      "longrope's factors without its type",
      tensor("rope_factors_long.weight", [8]),
      "tensor-unsupported",
      /rope_factors_long/,
    ],
  ])("%s", (_, changes, code, message) => refusal(writeGguf(llama, changes), code, message));
});

describe("of a folder of a llama", () => {
  it.each<Row<unknown>>([
    [
      "an unknown class",
      key("architectures", ["LlamaForTokenClassification"]),
      "architecture-unsupported",
      /LlamaForTokenClassification.*one of these: llama/,
    ],
    [
      "a model of text and images",
      key("architectures", ["Gemma3ForConditionalGeneration"]),
      "architecture-unsupported",
      /Use a model of text/,
    ],
    [
      "an unknown type without a class",
      { keys: { architectures: undefined, model_type: "rwkv" } },
      "architecture-unsupported",
      /"rwkv"/,
    ],
    [
      "a class and a type that disagree",
      key("model_type", "mistral"),
      "metadata-value",
      /LlamaForCausalLM.*"mistral".*disagree/,
    ],
    ["an unknown key", key("attention_sinks", 4), "metadata-unsupported", /config\.json: attention_sinks is 4/],
    [
      "quantised weights",
      key("quantization_config", { quant_method: "gptq", bits: 4 }),
      "metadata-unsupported",
      /quantization_config is .*"gptq".*Use the model in bf16/,
    ],
    ["a vision tower", key("vision_config", { hidden_size: 1 }), "metadata-unsupported", /vision_config.*text only/],
    ["a window", key("sliding_window", 4096), "metadata-unsupported", /sliding_window is 4096/],
    [
      "another activation",
      key("hidden_act", "relu"),
      "metadata-unsupported",
      /hidden_act \("relu"\) is not the activation/,
    ],
    ["interleaved rotation", key("rope_interleaved", true), "metadata-unsupported", /rope_interleaved is true/],
    ["a missing size", key("hidden_size", undefined), "metadata-missing", /hidden_size is missing/],
    ["a size that is text", key("hidden_size", "96"), "metadata-type", /hidden_size \("96"\) must be a whole number/],
    ["a rope that is text", key("rope_scaling", "yarn"), "metadata-type", /rope_scaling \("yarn"\) must be an object/],
    [
      "a scaling that only objects have",
      key("rope_scaling", { type: "constructor", factor: 2 }),
      "metadata-unsupported",
      /"constructor".*linear, dynamic, llama3/,
    ],
    [
      "an unknown scaling",
      key("rope_scaling", { type: "mrope", mrope_section: [1] }),
      "metadata-unsupported",
      /rope_scaling\.type \("mrope"\).*linear, dynamic, llama3/,
    ],
    [
      "an unknown option of a scaling",
      key("rope_scaling", { type: "dynamic", factor: 2, alpha: 1000 }),
      "metadata-unsupported",
      /rope_scaling\.alpha is 1000/,
    ],
    [
      "a scaling without its factor",
      key("rope_scaling", { type: "linear" }),
      "metadata-missing",
      /rope_scaling\.factor is missing/,
    ],
    [
      "a factor of 0",
      key("rope_scaling", { type: "linear", factor: 0 }),
      "metadata-value",
      /factor \(0\) must be positive/,
    ],
    [
      "two scalings",
      { keys: { rope_scaling: { type: "linear", factor: 2 }, rope_parameters: { rope_type: "default" } } },
      "metadata-unsupported",
      /rope_parameters is/,
    ],
    [
      "factors of another number",
      key("rope_scaling", { type: "longrope", short_factor: [1], long_factor: [1] }),
      "metadata-value",
      /short_factor \(\[1\]\) has 1 numbers, not 8/,
    ],
    [
      "a part of a head that is no pair",
      key("partial_rotary_factor", 0.07),
      "metadata-value",
      /partial_rotary_factor \(0\.07\) makes 1 of 16/,
    ],
    ["a part of a head below 0", key("partial_rotary_factor", -1), "metadata-value", /makes -16 of 16/],
    ["an end beyond the vocabulary", key("eos_token_id", [2, 20]), "metadata-value", /special token 20/],
    ["an end that is text", key("eos_token_id", "</s>"), "metadata-type", /eos_token_id must be the id/],
    [
      "another number of tokens",
      key("vocab_size", 24),
      "metadata-value",
      /says 24 tokens, but the embedding has 20 rows/,
    ],
    [
      "biases that config.json denies",
      tensor("model.layers.0.self_attn.q_proj.bias", [96]),
      "tensor-unsupported",
      /q_proj\.bias/,
    ],
    ["biases that are not there", key("attention_bias", true), "tensor-missing", /q_proj\.bias/],
    [
      "a tied head that is another",
      key("tie_word_embeddings", true),
      "tensor-unsupported",
      /"lm_head\.weight" differs from "model\.embed_tokens\.weight"/,
    ],
    ["a missing head", tensor("lm_head.weight", undefined), "tensor-missing", /lm_head\.weight/],
    [
      "a weight of another shape",
      tensor("model.norm.weight", [95]),
      "tensor-shape",
      /\[95\], but the metadata says \[96\]/,
    ],
    ["an unknown tensor", tensor("model.layers.0.self_attn.sinks", [6]), "tensor-unsupported", /self_attn\.sinks/],
  ])("%s", (_, changes, code, message) => refusal(writeFolder(llama, changes), code, message));
});

describe("of other families", () => {
  it.each<[string, string, Changes<unknown>, ModelErrorCode, RegExp]>([
    [
      "layers without experts that are none",
      "qwen3moe",
      key("mlp_only_layers", [7]),
      "metadata-value",
      /mlp_only_layers \(\[7\]\) names layer 7 of 1 layers/,
    ],
    [
      "no layer with experts",
      "qwen3moe",
      key("decoder_sparse_step", 2),
      "metadata-unsupported",
      /leaves no layer with experts/,
    ],
    [
      "experts in every 0th layer",
      "qwen3moe",
      key("decoder_sparse_step", 0),
      "metadata-value",
      /decoder_sparse_step \(0\) must be at least 1/,
    ],
    ["no experts", "qwen3moe", key("num_experts", 0), "metadata-value", /0 experts/],
    [
      "a missing expert",
      "qwen3moe",
      tensor("model.layers.0.mlp.experts.3.up_proj.weight", undefined),
      "tensor-missing",
      /experts\.3\.up_proj/,
    ],
    [
      "a bias missing",
      "qwen2",
      tensor("model.layers.1.self_attn.k_proj.bias", undefined),
      "tensor-missing",
      /layers\.1\.self_attn\.k_proj\.bias/,
    ],
    [
      "a head's norm missing",
      "qwen3",
      tensor("model.layers.0.self_attn.q_norm.weight", undefined),
      "tensor-missing",
      /q_norm/,
    ],
    [
      "an unknown kind of layer",
      "smollm3",
      key("layer_types", Array(5).fill("chunked_attention")),
      "metadata-unsupported",
      /"chunked_attention", which is not supported/,
    ],
    [
      "too few kinds of layers",
      "smollm3",
      key("layer_types", ["full_attention"]),
      "metadata-value",
      /1 entries for 5 layers/,
    ],
    [
      "too few rotating layers",
      "smollm3",
      key("no_rope_layers", [1]),
      "metadata-value",
      /no_rope_layers \(\[1\]\) has 1 entries for 5/,
    ],
    [
      "biases that are said to be there by default",
      "internlm2",
      key("bias", undefined),
      "tensor-missing",
      /wqkv\.bias/,
    ],
    [
      "attention both ways",
      "gemma3",
      key("use_bidirectional_attention", true),
      "metadata-unsupported",
      /use_bidirectional_attention/,
    ],
    [
      "another gate",
      "gemma2",
      key("hidden_activation", "gelu"),
      "metadata-unsupported",
      /hidden_activation \("gelu"\)/,
    ],
    [
      "a bias of mistral",
      "mistral with windows",
      key("attention_bias", true),
      "metadata-unsupported",
      /attention_bias is true/,
    ],
  ])("%s: %s", (_, family, changes, code, message) =>
    refusal(writeFolder(tinyModels[family]!, changes), code, message),
  );

  it.each<[string, string, Changes<Typed>, ModelErrorCode, RegExp]>([
    [
      "a window",
      "qwen2",
      key("qwen2.attention.sliding_window", u32(8)),
      "metadata-unsupported",
      /qwen2\.attention\.sliding_window is 8/,
    ],
    ["experts", "qwen3", key("qwen3.expert_count", u32(8)), "metadata-unsupported", /qwen3\.expert_count is 8/],
    ["a missing bias", "qwen2", tensor("blk.0.attn_v.bias", undefined), "tensor-missing", /blk\.0\.attn_v\.bias/],
    [
      "too few windows",
      "gemma3",
      key("gemma3.attention.sliding_window_pattern", array("bool", [true])),
      "metadata-value",
      /1 entries for 3 layers/,
    ],
    [
      "windows that are no truth values",
      "gemma3",
      key("gemma3.attention.sliding_window_pattern", array("u32", [1, 1, 0])),
      "metadata-type",
      /must be a list of true and false/,
    ],
    [
      "a missing norm",
      "gemma2",
      tensor("blk.2.post_ffw_norm.weight", undefined),
      "tensor-missing",
      /blk\.2\.post_ffw_norm/,
    ],
    [
      "experts of another number",
      "mixtral",
      tensor("blk.0.ffn_up_exps.weight", [3, 24, 96]),
      "tensor-shape",
      /\[3, 24, 96\], but the metadata says \[4, 24, 96\]/,
    ],
    [
      "factors that are no positive numbers",
      "phi3",
      tensor("rope_factors_long.weight", [5]),
      "tensor-shape",
      /rope_factors_long/,
    ],
  ])("%s in a GGUF file: %s", (_, family, changes, code, message) =>
    refusal(writeGguf(tinyModels[family]!, changes), code, message),
  );
});

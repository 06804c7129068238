"""The tiny models: for each a config.json as transformers 5 reads it, and what its GGUF file is called.

Sizes are odd on purpose: heads of 64 to 256, groups of 1 to 7, hidden widths that heads do not divide.
Windows and original context lengths are shorter than the tests' prompts, so that a runtime that ignores them is found out.
"""

from dataclasses import dataclass

LLAMA, MISTRAL, SMOLLM3 = "LlamaForCausalLM", "MistralForCausalLM", "SmolLM3ForCausalLM"
QWEN2, QWEN3, QWEN3MOE = "Qwen2ForCausalLM", "Qwen3ForCausalLM", "Qwen3MoeForCausalLM"
INTERNLM2, PHI3, MIXTRAL = "InternLM2ForCausalLM", "Phi3ForCausalLM", "MixtralForCausalLM"
GEMMA2, GEMMA3 = "Gemma2ForCausalLM", "Gemma3ForCausalLM"


@dataclass(frozen=True)
class Kind:
    """`gguf`: the architecture of GGUF files; `interleaved`: their q and k rows are permuted, heads rotate by neighbours."""

    model_type: str
    gguf: str
    interleaved: bool
    pre_tokenizer: str


KINDS = {
    LLAMA: Kind("llama", "llama", True, "llama-bpe"),
    MISTRAL: Kind("mistral", "llama", True, "llama-bpe"),
    MIXTRAL: Kind("mixtral", "llama", True, "llama-bpe"),
    SMOLLM3: Kind("smollm3", "smollm3", True, "llama-bpe"),
    INTERNLM2: Kind("internlm2", "internlm2", True, "gpt-2"),
    QWEN2: Kind("qwen2", "qwen2", False, "qwen2"),
    QWEN3: Kind("qwen3", "qwen3", False, "qwen2"),
    QWEN3MOE: Kind("qwen3_moe", "qwen3moe", False, "qwen2"),
    PHI3: Kind("phi3", "phi3", False, "gpt-2"),
    GEMMA2: Kind("gemma2", "gemma2", False, "gpt-2"),
    GEMMA3: Kind("gemma3_text", "gemma3", False, "gpt-2"),
}


def shape(architecture: str, heads: str, head_size: int, hidden: int, width: int, layers: int, **more) -> dict:
    """`heads` is "query heads/KV heads"; head_dim is left out where hidden / heads gives it, as in older files."""
    query, kv = map(int, heads.split("/"))
    given = {} if hidden == query * head_size else {"head_dim": head_size}
    sizes = {"hidden_size": hidden, "intermediate_size": width, "num_hidden_layers": layers,
             "num_attention_heads": query, "num_key_value_heads": kv}
    return {"architectures": [architecture], "rms_norm_eps": 1e-5, "max_position_embeddings": 512,
            "rope_theta": 10000.0, "tie_word_embeddings": False} | sizes | given | more


def longrope(config: dict) -> dict:
    """Divisors that grow with the index, as searched ones do; how many depends on the head size."""
    head_size = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    count = int(head_size * config["partial_rotary_factor"]) // 2
    grow = lambda most: [round(1 + most * i / count, 4) for i in range(count)]
    return {"type": "longrope", "short_factor": grow(0.5), "long_factor": grow(7)}


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
# For keys that a family's configuration does not have although the others do.
ABSENT = object()
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
CAPS = {"attn_logit_softcapping": 5.0, "final_logit_softcapping": 30.0}
GEMMA = {"hidden_activation": "gelu_pytorch_tanh", "tie_word_embeddings": True, "sliding_window": 8,
         "rms_norm_eps": 1e-6}
MOE = {"num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 96, "norm_topk_prob": True,
       "decoder_sparse_step": 1, "mlp_only_layers": []}

BY_LAYER = {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}

# Values that are functions are called with the rest of the configuration, changes on the command line included.
FAMILIES = {
    "llama": shape(LLAMA, "6/2", 64, 192, 320, 3),
    "llama-linear": shape(LLAMA, "3/3", 64, 192, 256, 2, tie_word_embeddings=True,
                          rope_scaling={"rope_type": "linear", "factor": 4.0}),
    "llama3": shape(LLAMA, "7/1", 128, 224, 320, 2, rope_theta=500000.0, rope_scaling=LLAMA3),
    # As transformers 5 writes it: rope_parameters instead of rope_theta and rope_scaling.
    "llama3-new": shape(LLAMA, "3/1", 64, 192, 256, 2, rope_theta=ABSENT, rope_parameters=LLAMA3 | {"rope_theta": 500000.0}),
    "llama-dynamic": shape(LLAMA, "6/2", 64, 192, 256, 2, max_position_embeddings=32,
                           rope_scaling={"type": "dynamic", "factor": 2.0}),
    "llama-yarn": shape(LLAMA, "7/1", 64, 224, 256, 2, max_position_embeddings=128, rope_scaling=YARN),
    "llama-bias": shape(LLAMA, "3/1", 80, 240, 320, 2, attention_bias=True, mlp_bias=True),
    "smollm3": shape(SMOLLM3, "3/1", 64, 192, 256, 4, tie_word_embeddings=True, no_rope_layer_interval=4,
                     no_rope_layers=[1, 1, 1, 0], rope_theta=50000.0),
    "mistral": shape(MISTRAL, "6/2", 64, 192, 320, 2, sliding_window=16),
    "qwen2": shape(QWEN2, "3/1", 64, 192, 320, 2, tie_word_embeddings=True, rope_theta=1e6, use_sliding_window=False,
                   sliding_window=4096, max_window_layers=2, padding=37),
    # llama.cpp loads qwen2 only where heads × head size is the hidden width; transformers takes this.
    "qwen2-wide": shape(QWEN2, "14/2", 64, 224, 320, 2, rope_theta=1e6),
    "qwen2-window": shape(QWEN2, "6/2", 64, 192, 256, 3, use_sliding_window=True, sliding_window=8, max_window_layers=1),
    "qwen3": shape(QWEN3, "14/2", 128, 224, 320, 2, rope_theta=1e6, shards=2),
    "internlm2": shape(INTERNLM2, "4/2", 64, 256, 320, 2, rope_theta=1e6, bias=False,
                       rope_scaling={"type": "dynamic", "factor": 2.0}, max_position_embeddings=64),
    "phi3": shape(PHI3, "2/1", 96, 192, 256, 2, partial_rotary_factor=0.75, max_position_embeddings=256,
                  original_max_position_embeddings=32, rope_scaling=longrope),
    "phi3-window": shape(PHI3, "3/3", 80, 240, 256, 2, sliding_window=16, original_max_position_embeddings=512,
                         partial_rotary_factor=1.0),
    "gemma2": shape(GEMMA2, "2/1", 256, 192, 256, 4, query_pre_attn_scalar=256, **(GEMMA | CAPS)),
    "gemma2-scalar": shape(GEMMA2, "3/1", 64, 192, 256, 2, query_pre_attn_scalar=100, head_dim=64, **(GEMMA | CAPS)),
    "gemma3": shape(GEMMA3, "3/1", 128, 192, 256, 4, query_pre_attn_scalar=128, sliding_window_pattern=3,
                    rope_theta=1e6, rope_local_base_freq=10000.0, rope_scaling={"rope_type": "linear", "factor": 8.0},
                    **GEMMA),
    "gemma3-new": shape(GEMMA3, "3/1", 64, 192, 256, 3, head_dim=64, query_pre_attn_scalar=64, rope_theta=ABSENT, rope_parameters=BY_LAYER,
                        layer_types=["sliding_attention", "full_attention", "sliding_attention"], **GEMMA),
    "qwen3moe": shape(QWEN3MOE, "6/2", 64, 192, 256, 2, rope_theta=1e6, **MOE),
    "qwen3moe-raw": shape(QWEN3MOE, "3/1", 64, 192, 256, 3, head_dim=64,
                          **(MOE | {"norm_topk_prob": False, "mlp_only_layers": [1]})),
    "mixtral": shape(MIXTRAL, "3/1", 64, 192, 160, 2, num_local_experts=4, num_experts_per_tok=2, rope_theta=1e6,
                     sliding_window=None),
}


def configuration(family: str, changes: dict) -> dict:
    config = FAMILIES[family] | changes
    config = {key: value(config) if callable(value) else value for key, value in config.items() if value is not ABSENT}
    kind = KINDS[config["architectures"][0]]
    return config | {"model_type": kind.model_type, "hidden_act": "silu", "dtype": "bfloat16"}

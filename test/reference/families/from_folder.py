"""Turns a Hugging Face folder (config.json and safetensors) into the plain decoder, one function a difference between families.

Defaults of keys that config.json may lack are those of transformers' configuration classes.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from decoder import Decoder, Experts, Layer, Linear
from rope import Rope
from tensor_files import TensorFolder

LLAMA = {"head_dim": None, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": False}
GEMMA = LLAMA | {"head_dim": 256, "num_key_value_heads": 4, "tie_word_embeddings": True, "query_pre_attn_scalar": 256,
                 "sliding_window": 4096, "hidden_activation": "gelu_pytorch_tanh"}
WINDOWED = LLAMA | {"use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 28}
DEFAULTS = {
    "LlamaForCausalLM": LLAMA,
    "SmolLM3ForCausalLM": LLAMA | {"rope_theta": 2e6, "tie_word_embeddings": True, "num_key_value_heads": 4,
                                   "use_sliding_window": False, "no_rope_layer_interval": 4},
    "MistralForCausalLM": LLAMA | {"sliding_window": 4096, "num_key_value_heads": 8},
    "Qwen2ForCausalLM": WINDOWED,
    "Qwen3ForCausalLM": WINDOWED | {"head_dim": 128},
    "InternLM2ForCausalLM": LLAMA,
    "Phi3ForCausalLM": LLAMA | {"rms_norm_eps": 1e-5, "original_max_position_embeddings": 4096},
    "Gemma2ForCausalLM": GEMMA | {"final_logit_softcapping": 30.0, "attn_logit_softcapping": 50.0,
                                  "sliding_window_pattern": 2},
    "Gemma3ForCausalLM": GEMMA | {"rope_theta": 1e6, "rope_local_base_freq": 10000.0, "sliding_window_pattern": 6},
    "Qwen3MoeForCausalLM": WINDOWED | {"norm_topk_prob": False, "decoder_sparse_step": 1, "mlp_only_layers": []},
    "MixtralForCausalLM": LLAMA | {"rms_norm_eps": 1e-5, "rope_theta": 1e6, "sliding_window": None},
}


@dataclass
class Folder:
    """`config`: config.json with the family's defaults; `linear` and `vector` read weights in the wanted precision."""

    architecture: str
    config: dict
    tensors: TensorFolder
    dtype: type

    def vector(self, name: str) -> np.ndarray | None:
        if name not in self.tensors:
            return None
        return self.tensors.tensor(name).astype(self.dtype)

    def norm(self, name: str) -> np.ndarray | None:
        weight = self.vector(name)
        return weight if weight is None or "Gemma" not in self.architecture else 1 + weight

    def linear(self, name: str) -> Linear:
        return Linear(self.tensors.tensor(f"{name}.weight").astype(self.dtype), self.vector(f"{name}.bias"))

    def head_size(self) -> int:
        return self.config.get("head_dim") or self.config["hidden_size"] // self.config["num_attention_heads"]

    def kv_heads(self) -> int:
        return self.config.get("num_key_value_heads") or self.config["num_attention_heads"]


def rows(linear: Linear, *counts: int) -> list:
    """A fused projection cut into projections of so many outputs each."""
    ends = np.cumsum(counts)[:-1]
    biases = [None] * len(counts) if linear.bias is None else np.split(linear.bias, ends)
    return [Linear(weight, bias) for weight, bias in zip(np.split(linear.weight, ends), biases)]


def separate(folder: Folder, layer: str):
    return [folder.linear(f"{layer}.self_attn.{part}_proj") for part in "qkvo"]


def fused(folder: Folder, layer: str):
    """Phi 3: all of q, then all of k, then all of v."""
    size, kv = folder.head_size(), folder.kv_heads()
    heads = folder.config["num_attention_heads"]
    qkv = rows(folder.linear(f"{layer}.self_attn.qkv_proj"), heads * size, kv * size, kv * size)
    return [*qkv, folder.linear(f"{layer}.self_attn.o_proj")]


def grouped(folder: Folder, layer: str):
    """InternLM 2: for each KV head its query heads, its key, its value."""
    size, kv = folder.head_size(), folder.kv_heads()
    group = folder.config["num_attention_heads"] // kv
    whole = folder.linear(f"{layer}.attention.wqkv")
    pick = lambda x, part: x.reshape(kv, group + 2, size, *x.shape[1:])[:, part].reshape(-1, *x.shape[1:])
    parts = (slice(0, group), slice(group, group + 1), slice(group + 1, group + 2))
    qkv = [Linear(pick(whole.weight, p), None if whole.bias is None else pick(whole.bias, p)) for p in parts]
    return [*qkv, folder.linear(f"{layer}.attention.wo")]


def dense(folder: Folder, layer: str, index: int):
    return tuple(folder.linear(f"{layer}.mlp.{part}_proj") for part in ("gate", "up", "down"))


def fused_dense(folder: Folder, layer: str, index: int):
    width = folder.config["intermediate_size"]
    gate, up = rows(folder.linear(f"{layer}.mlp.gate_up_proj"), width, width)
    return gate, up, folder.linear(f"{layer}.mlp.down_proj")


def internlm_dense(folder: Folder, layer: str, index: int):
    return tuple(folder.linear(f"{layer}.feed_forward.{part}") for part in ("w1", "w3", "w2"))


def qwen_experts(folder: Folder, layer: str, index: int):
    config = folder.config
    if index in (config["mlp_only_layers"] or []) or (index + 1) % config["decoder_sparse_step"]:
        return dense(folder, layer, index)
    parts = lambda e: tuple(folder.linear(f"{layer}.mlp.experts.{e}.{p}_proj") for p in ("gate", "up", "down"))
    experts = [parts(e) for e in range(config["num_experts"])]
    return Experts(folder.linear(f"{layer}.mlp.gate"), experts, config["num_experts_per_tok"], config["norm_topk_prob"])


def mixtral_experts(folder: Folder, layer: str, index: int):
    config, block = folder.config, f"{layer}.block_sparse_moe"
    parts = lambda e: tuple(folder.linear(f"{block}.experts.{e}.{p}") for p in ("w1", "w3", "w2"))
    experts = [parts(e) for e in range(config["num_local_experts"])]
    return Experts(folder.linear(f"{block}.gate"), experts, config["num_experts_per_tok"], True)


NORMS = {"input_norm": "input_layernorm", "mlp_norm": "post_attention_layernorm"}
FOUR_NORMS = {"input_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm",
              "mlp_norm": "pre_feedforward_layernorm", "post_mlp_norm": "post_feedforward_layernorm"}
HEAD_NORMS = {"q_norm": "self_attn.q_norm", "k_norm": "self_attn.k_norm"}
# architecture -> norms of a layer, how its attention is stored, how its feed-forward is stored
STORED = {
    "LlamaForCausalLM": (NORMS, separate, dense),
    "SmolLM3ForCausalLM": (NORMS, separate, dense),
    "MistralForCausalLM": (NORMS, separate, dense),
    "Qwen2ForCausalLM": (NORMS, separate, dense),
    "Qwen3ForCausalLM": (NORMS | HEAD_NORMS, separate, dense),
    "InternLM2ForCausalLM": ({"input_norm": "attention_norm", "mlp_norm": "ffn_norm"}, grouped, internlm_dense),
    "Phi3ForCausalLM": (NORMS, fused, fused_dense),
    "Gemma2ForCausalLM": (FOUR_NORMS, separate, dense),
    "Gemma3ForCausalLM": (FOUR_NORMS | HEAD_NORMS, separate, dense),
    "Qwen3MoeForCausalLM": (NORMS | HEAD_NORMS, separate, qwen_experts),
    "MixtralForCausalLM": (NORMS, separate, mixtral_experts),
}


def rope_options(config: dict, local: bool) -> dict:
    """The rope_parameters dict of transformers 5, from it or from the older keys beside it."""
    new = config.get("rope_parameters") or {}
    if "rope_local_base_freq" in config:  # Gemma 3: one set for each kind of layer
        if local:
            return {"rope_theta": config["rope_local_base_freq"]} | (new.get("sliding_attention") or {})
        new = new.get("full_attention") or {}
    options = dict(config.get("rope_scaling") or new)
    options.setdefault("rope_theta", config["rope_theta"])
    options.setdefault("rope_type", options.get("type", "default"))
    options.setdefault("partial_rotary_factor", config.get("partial_rotary_factor") or 1.0)
    if "original_max_position_embeddings" in config:
        options["original_max_position_embeddings"] = config["original_max_position_embeddings"]
    options.setdefault("original_max_position_embeddings", config["max_position_embeddings"])
    return options


def rotates(config: dict, index: int) -> bool:
    """SmolLM 3 leaves layers without positions."""
    if config.get("no_rope_layers") is not None:
        return bool(config["no_rope_layers"][index])
    return "no_rope_layer_interval" not in config or (index + 1) % config["no_rope_layer_interval"] != 0


def rope_of(folder: Folder, index: int) -> Rope | None:
    config = folder.config
    if not rotates(config, index):
        return None
    options = rope_options(config, window_of(folder, index) is not None)
    kind = options.get("rope_type", "default")
    if folder.architecture == "Phi3ForCausalLM" and kind in ("su", "yarn"):
        kind = "longrope"
    size = int(folder.head_size() * options.get("partial_rotary_factor", 1.0))
    return Rope(size, options["rope_theta"], kind, options, config["max_position_embeddings"])


def patterned(config: dict, index: int) -> bool:
    return (index + 1) % config["sliding_window_pattern"] != 0


def late(config: dict, index: int) -> bool:
    return index >= config["max_window_layers"]


# Which layers have the window where layer_types does not say; transformers ignores layer_types where all have it.
LOCAL = {
    "SmolLM3ForCausalLM": lambda config, index: not rotates(config, index),
    "Qwen2ForCausalLM": late,
    "Qwen3ForCausalLM": late,
    "Gemma2ForCausalLM": patterned,
    "Gemma3ForCausalLM": patterned,
}
EVERYWHERE = ("MistralForCausalLM", "Phi3ForCausalLM", "Qwen3MoeForCausalLM", "MixtralForCausalLM")


def window_of(folder: Folder, index: int) -> int | None:
    """How many tokens back, itself included, a token of this layer sees; None for all."""
    config, architecture = folder.config, folder.architecture
    window = config.get("sliding_window")
    if window is None or config.get("use_sliding_window") is False:
        return None
    if architecture in EVERYWHERE:
        return window
    if architecture not in LOCAL:
        return None
    if config.get("layer_types"):
        return window if config["layer_types"][index] == "sliding_attention" else None
    return window if LOCAL[architecture](config, index) else None


def load(path: Path, dtype=np.float64) -> Decoder:
    raw = json.loads((path / "config.json").read_text())
    (architecture,) = raw["architectures"]
    if architecture not in STORED:
        raise SystemExit(f"{path}: architecture {architecture} is not one of {', '.join(STORED)}")
    folder = Folder(architecture, DEFAULTS[architecture] | raw, TensorFolder(path), dtype)
    config, size = folder.config, folder.head_size()
    gemma, intern = "Gemma" in architecture, architecture.startswith("InternLM")
    embedding = folder.vector("model.tok_embeddings.weight" if intern else "model.embed_tokens.weight")
    head = None if config["tie_word_embeddings"] else folder.vector("output.weight" if intern else "lm_head.weight")
    return Decoder(
        embedding=embedding,
        layers=[read_layer(folder, index) for index in range(config["num_hidden_layers"])],
        norm=folder.norm("model.norm.weight"),
        head=embedding if head is None else head,
        heads=config["num_attention_heads"],
        kv_heads=folder.kv_heads(),
        head_size=size,
        epsilon=config["rms_norm_eps"],
        scale=(config["query_pre_attn_scalar"] if gemma else size) ** -0.5,
        activation=config["hidden_activation"] if gemma else config.get("hidden_act", "silu"),
        embedding_scale=config["hidden_size"] ** 0.5 if gemma else 1.0,
        attention_cap=config.get("attn_logit_softcapping") if architecture == "Gemma2ForCausalLM" else None,
        logit_cap=config.get("final_logit_softcapping") if gemma else None,
    )


def read_layer(folder: Folder, index: int) -> Layer:
    norms, attention, mlp = STORED[folder.architecture]
    layer = f"model.layers.{index}"
    q, k, v, o = attention(folder, layer)
    return Layer(
        q=q, k=k, v=v, o=o,
        mlp=mlp(folder, layer, index),
        rope=rope_of(folder, index),
        window=window_of(folder, index),
        **{field: folder.norm(f"{layer}.{name}.weight") for field, name in norms.items()},
    )

"""Turns a GGUF file into the plain decoder: what llama.cpp's loaders make of its keys and tensors, quantised weights widened.

Query and key rows of llama, smollm3 and internlm2 are put back into halves, so that one rotation serves all.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from decoder import Decoder, Experts, Layer, Linear
from gguf_file import GgufFile
from rope import Rope

ARCHITECTURES = ("llama", "smollm3", "internlm2", "qwen2", "qwen3", "qwen3moe", "phi3", "gemma2", "gemma3")
INTERLEAVED = ("llama", "smollm3", "internlm2")
GEMMA = ("gemma2", "gemma3")
# Layer counts of the 27B models, whose scores are scaled by the hidden width over the heads instead of the head size.
WIDE = {("gemma2", 46), ("gemma3", 62)}
PATTERNS = {"gemma2": 2, "gemma3": 6}
WINDOWS = {"gemma2": 4096}
CAPS = {"gemma2": (50.0, 30.0)}


@dataclass
class File:
    file: GgufFile
    architecture: str
    dtype: type

    def get(self, key: str, default=None):
        return self.file.metadata.get(f"{self.architecture}.{key}", default)

    def vector(self, name: str) -> np.ndarray | None:
        return self.file.tensor(name).astype(self.dtype) if name in self.file.places else None

    def linear(self, name: str) -> Linear:
        return Linear(self.vector(f"{name}.weight"), self.vector(f"{name}.bias"))

    @property
    def heads(self) -> int:
        return self.get("attention.head_count")

    @property
    def kv_heads(self) -> int:
        return self.get("attention.head_count_kv", self.heads)

    @property
    def head_size(self) -> int:
        return self.get("attention.key_length", self.get("embedding_length") // self.heads)


def halved(linear: Linear, heads: int) -> Linear:
    """Undoes llama.cpp's interleaving of each head's halves."""
    back = lambda x: x.reshape(heads, len(x) // heads // 2, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)
    return Linear(back(linear.weight), None if linear.bias is None else back(linear.bias))


def attention(file: File, block: str) -> list:
    output = file.linear(f"{block}.attn_output")
    if f"{block}.attn_qkv.weight" in file.file.places:
        whole = file.linear(f"{block}.attn_qkv")
        ends = np.cumsum([file.heads * file.head_size, file.kv_heads * file.head_size])
        biases = [None] * 3 if whole.bias is None else np.split(whole.bias, ends)
        return [*map(Linear, np.split(whole.weight, ends), biases), output]
    q, k, v = (file.linear(f"{block}.attn_{part}") for part in "qkv")
    if file.architecture in INTERLEAVED:
        q, k = halved(q, file.heads), halved(k, file.kv_heads)
    return [q, k, v, output]


def feed_forward(file: File, block: str):
    down = file.linear(f"{block}.ffn_down") if f"{block}.ffn_down.weight" in file.file.places else None
    if file.get("expert_count"):
        stacks = [file.vector(f"{block}.ffn_{part}_exps.weight") for part in ("gate", "up", "down")]
        experts = [tuple(map(Linear, parts)) for parts in zip(*stacks)]
        return Experts(file.linear(f"{block}.ffn_gate_inp"), experts, file.get("expert_used_count"), True)
    up = file.linear(f"{block}.ffn_up")
    if file.architecture == "phi3":
        return *map(Linear, np.split(up.weight, 2)), down
    return file.linear(f"{block}.ffn_gate"), up, down


def rope(file: File, index: int, window: int | None) -> Rope | None:
    if file.architecture == "smollm3" and (index + 1) % 4 == 0:
        return None
    size, base = file.get("rope.dimension_count", file.head_size), file.get("rope.freq_base", 10000.0)
    if file.architecture in GEMMA and window:
        local = 10000.0 if file.architecture == "gemma3" else base
        return Rope(size, file.get("rope.freq_base_swa", local))
    most = file.get("context_length")
    original = file.get("rope.scaling.original_context_length", most)
    attention_factor = file.get("rope.scaling.attn_factor", 1.0)
    divisors = {name: file.vector(f"{tensor}.weight") for name, tensor in
                (("divisors", "rope_freqs"), ("long_factor", "rope_factors_long"), ("short_factor", "rope_factors_short"))}
    if divisors["long_factor"] is not None:
        options = divisors | {"attention_factor": attention_factor, "original_max_position_embeddings": original}
        return Rope(size, base, "longrope", options, most)
    if divisors["divisors"] is not None:
        return Rope(size, base, "divisors", divisors, most)
    kind, factor = file.get("rope.scaling.type", "linear"), file.get("rope.scaling.factor", file.get("rope.scale_linear", 0.0)) or 1.0
    options = {"factor": factor, "original_max_position_embeddings": original}
    if kind == "yarn":
        options |= {"beta_fast": file.get("rope.scaling.yarn_beta_fast"), "beta_slow": file.get("rope.scaling.yarn_beta_slow"),
                    "attention_factor": file.get("rope.scaling.yarn_attn_factor", 0.1 * math.log(factor) + 1) * attention_factor}
    return Rope(size, base, "default" if kind == "none" else kind, options, most)


def window_of(file: File, index: int) -> int | None:
    window = file.get("attention.sliding_window", WINDOWS.get(file.architecture)) or None
    if file.architecture not in PATTERNS:
        return window
    pattern = file.get("attention.sliding_window_pattern", PATTERNS[file.architecture])
    local = pattern[index] if isinstance(pattern, list) else index % pattern < pattern - 1
    return window if local else None


def read_layer(file: File, index: int) -> Layer:
    block, gemma = f"blk.{index}", file.architecture in GEMMA
    q, k, v, o = attention(file, block)
    window = window_of(file, index)
    norm = lambda name: file.vector(f"{block}.{name}.weight")
    return Layer(
        input_norm=norm("attn_norm"), mlp_norm=norm("ffn_norm"), q_norm=norm("attn_q_norm"), k_norm=norm("attn_k_norm"),
        post_attention_norm=norm("post_attention_norm") if gemma else None,
        post_mlp_norm=norm("post_ffw_norm") if gemma else None,
        q=q, k=k, v=v, o=o, mlp=feed_forward(file, block), rope=rope(file, index, window), window=window,
    )


def load(path: Path, dtype=np.float64) -> Decoder:
    raw = GgufFile(str(path))
    architecture = raw.metadata["general.architecture"]
    if architecture not in ARCHITECTURES:
        raise SystemExit(f"{path}: architecture {architecture} is not one of {', '.join(ARCHITECTURES)}")
    file = File(raw, architecture, dtype)
    gemma, layers, hidden = architecture in GEMMA, file.get("block_count"), file.get("embedding_length")
    embedding, head = file.vector("token_embd.weight"), file.vector("output.weight")
    attention_cap, logit_cap = CAPS.get(architecture, (0, 0))
    scale = hidden // file.heads if (architecture, layers) in WIDE else file.head_size
    return Decoder(
        embedding=embedding,
        layers=[read_layer(file, index) for index in range(layers)],
        norm=file.vector("output_norm.weight"),
        head=embedding if head is None else head,
        heads=file.heads, kv_heads=file.kv_heads, head_size=file.head_size,
        epsilon=file.get("attention.layer_norm_rms_epsilon"),
        scale=scale**-0.5,
        activation="gelu_pytorch_tanh" if gemma else "silu",
        embedding_scale=hidden**0.5 if gemma else 1.0,
        attention_cap=(file.get("attn_logit_softcapping", attention_cap) or None) if architecture == "gemma2" else None,
        logit_cap=(file.get("final_logit_softcapping", logit_cap) or None) if gemma else None,
    )

"""Random weights for a configuration, under the names and in the shapes of Hugging Face files, exact in bfloat16.

Scaled so that every part matters and bfloat16 does not blur the result: each layer adds somewhat less than the embedding
holds, attention is uneven, and logits have a standard deviation of 6, which leaves few close calls.
"""

import zlib
from pathlib import Path
from typing import Iterator

import json
import struct

import numpy as np

from tiny.families import GEMMA2, GEMMA3, INTERNLM2, MIXTRAL, PHI3, QWEN2, QWEN3, QWEN3MOE

LOGITS = 6.0
# Standard deviation of queries and keys, so of its square for scores.
SHARP = 1.2
# An expert adds little enough that another choice in a near tie of the router is no disaster.
EXPERT = 0.5


def to_bf16(values: np.ndarray) -> np.ndarray:
    """The upper halves of f32, rounded to nearest even, as uint16."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def widened(bits: np.ndarray) -> np.ndarray:
    return (bits.astype(np.uint32) << 16).view(np.float32)


class Weights(dict):
    """Name to f32 array. A tensor's numbers depend on seed, name and shape alone. `plain`: how many tokens are no special ones."""

    def __init__(self, config: dict, vocabulary: int, plain: int, seed: int):
        super().__init__()
        self.config, self.seed = config, seed
        (self.architecture,) = config["architectures"]
        self.hidden = config["hidden_size"]
        self.head_size = config.get("head_dim") or self.hidden // config["num_attention_heads"]
        self.q_rows = config["num_attention_heads"] * self.head_size
        self.kv_rows = config["num_key_value_heads"] * self.head_size
        self.gemma = self.architecture in (GEMMA2, GEMMA3)
        self.globals(vocabulary, plain)
        for index in range(config["num_hidden_layers"]):
            self.layer(index, f"model.layers.{index}.")

    def add(self, name: str, values: np.ndarray) -> None:
        self[name] = widened(to_bf16(values))

    def random(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def linear(self, name: str, outputs: int, inputs: int, gain: float = 1.0, bias: bool = False) -> None:
        self.add(f"{name}.weight", self.random(name).standard_normal((outputs, inputs)) * gain / inputs**0.5)
        if bias:
            self.add(f"{name}.bias", self.random(f"{name}.bias").standard_normal(outputs) * 0.5)

    def norm(self, name: str, size: int, mean: float = 1.0, signed: bool = False) -> None:
        """Gemma stores what is added to 1."""
        random = self.random(name)
        weight = random.uniform(0.6, 1.4, size) * mean * (random.choice([-1, 1], size) if signed else 1)
        self.add(f"{name}.weight", weight - 1 if self.gemma else weight)

    def globals(self, vocabulary: int, plain: int) -> None:
        intern, tied = self.architecture == INTERNLM2, self.config["tie_word_embeddings"]
        name = "model.tok_embeddings" if intern else "model.embed_tokens"
        self.linear(name, vocabulary, self.hidden, self.hidden**0.5)
        # With a tied head a model of few layers would repeat its last token for ever; random signs undo that.
        self.norm("model.norm", self.hidden, LOGITS / self.hidden**0.5 if tied else 1.0, signed=tied)
        if not tied:
            self.linear("output" if intern else "lm_head", vocabulary, self.hidden, LOGITS)
        # No text ends by chance, and padding is never chosen: their logits are small.
        head = name if tied else "output" if intern else "lm_head"
        self[f"{head}.weight"][plain:] *= 0.25

    def layer(self, index: int, prefix: str) -> None:
        for name in norm_names(self.architecture):
            # Gemma's embedding is multiplied by sqrt(hidden); what its last norms let through has to keep up.
            added = self.hidden**0.5 * 0.6 if self.gemma and name.startswith("post_") else 1.0
            self.norm(prefix + name, self.hidden, added)
        if self.architecture in (QWEN3, QWEN3MOE, GEMMA3):
            for part in "qk":
                self.norm(f"{prefix}self_attn.{part}_norm", self.head_size, SHARP)
        self.attention(prefix)
        FEED_FORWARDS.get(self.architecture, dense)(self, index, prefix)

    def attention(self, prefix: str) -> None:
        bias, qwen2 = self.config.get("attention_bias", False), self.architecture == QWEN2
        if self.architecture == INTERNLM2:
            self.linear(f"{prefix}attention.wqkv", self.q_rows + 2 * self.kv_rows, self.hidden, SHARP)
            self.linear(f"{prefix}attention.wo", self.hidden, self.q_rows, 1.0)
            return
        if self.architecture == PHI3:
            self.linear(f"{prefix}self_attn.qkv_proj", self.q_rows + 2 * self.kv_rows, self.hidden, SHARP)
        else:
            for part, outputs in (("q", self.q_rows), ("k", self.kv_rows), ("v", self.kv_rows)):
                self.linear(f"{prefix}self_attn.{part}_proj", outputs, self.hidden, SHARP, bias or qwen2)
        self.linear(f"{prefix}self_attn.o_proj", self.hidden, self.q_rows, 1.0, bias)


def norm_names(architecture: str) -> list:
    if architecture == INTERNLM2:
        return ["attention_norm", "ffn_norm"]
    gemma = ["pre_feedforward_layernorm", "post_feedforward_layernorm"]
    return ["input_layernorm", "post_attention_layernorm", *(gemma if architecture in (GEMMA2, GEMMA3) else [])]


def gated(weights: Weights, gate: str, up: str, down: str, width: int, gain: float = 0.7) -> None:
    bias = weights.config.get("mlp_bias", False)
    weights.linear(gate, width, weights.hidden, 1.5, bias)
    weights.linear(up, width, weights.hidden, 1.5, bias)
    weights.linear(down, weights.hidden, width, gain, bias)


def dense(weights: Weights, index: int, prefix: str) -> None:
    gated(weights, *(f"{prefix}mlp.{part}_proj" for part in ("gate", "up", "down")), weights.config["intermediate_size"])


def internlm(weights: Weights, index: int, prefix: str) -> None:
    gated(weights, *(f"{prefix}feed_forward.{part}" for part in ("w1", "w3", "w2")), weights.config["intermediate_size"])


def phi(weights: Weights, index: int, prefix: str) -> None:
    width = weights.config["intermediate_size"]
    weights.linear(f"{prefix}mlp.gate_up_proj", 2 * width, weights.hidden, 1.5)
    weights.linear(f"{prefix}mlp.down_proj", weights.hidden, width, 0.7)


def mixtral(weights: Weights, index: int, prefix: str) -> None:
    config, block = weights.config, f"{prefix}block_sparse_moe."
    weights.linear(f"{block}gate", config["num_local_experts"], weights.hidden, 3.0)
    for expert in range(config["num_local_experts"]):
        gated(weights, *(f"{block}experts.{expert}.{part}" for part in ("w1", "w3", "w2")), config["intermediate_size"], EXPERT)


def qwen_moe(weights: Weights, index: int, prefix: str) -> None:
    config = weights.config
    if index in config["mlp_only_layers"]:
        return dense(weights, index, prefix)
    weights.linear(f"{prefix}mlp.gate", config["num_experts"], weights.hidden, 3.0)
    for expert in range(config["num_experts"]):
        parts = (f"{prefix}mlp.experts.{expert}.{part}_proj" for part in ("gate", "up", "down"))
        gated(weights, *parts, config["moe_intermediate_size"], EXPERT)


FEED_FORWARDS = {INTERNLM2: internlm, PHI3: phi, MIXTRAL: mixtral, QWEN3MOE: qwen_moe}


def write_safetensors(path: Path, tensors: dict) -> int:
    """Writes bf16; returns the bytes of the numbers."""
    table, at = {"__metadata__": {"format": "pt"}}, 0
    for name, values in tensors.items():
        table[name] = {"dtype": "BF16", "shape": list(values.shape), "data_offsets": [at, at + 2 * values.size]}
        at += 2 * values.size
    head = json.dumps(table).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(head)) + head)
        for values in tensors.values():
            file.write(to_bf16(values).tobytes())
    return at


def write_folder(folder: Path, weights: dict, shards: int) -> None:
    if shards == 1:
        write_safetensors(folder / "model.safetensors", weights)
        return
    names, places, total = list(weights), {}, 0
    for shard in range(shards):
        file = f"model-{shard + 1:05}-of-{shards:05}.safetensors"
        part = names[len(names) * shard // shards : len(names) * (shard + 1) // shards]
        total += write_safetensors(folder / file, {name: weights[name] for name in part})
        places |= {name: file for name in part}
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")

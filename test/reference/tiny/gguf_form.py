"""The GGUF form of a tiny model: keys and tensors as llama.cpp's conversion scripts write them and its loaders read them.

| GGUF (prefix: architecture) | config.json | note |
|---|---|---|
| block_count, context_length, embedding_length, feed_forward_length | num_hidden_layers, max_position_embeddings, hidden_size, intermediate_size | |
| attention.head_count, .head_count_kv | num_attention_heads, num_key_value_heads | |
| attention.key_length, .value_length | head_dim | written if config.json has it |
| attention.layer_norm_rms_epsilon | rms_norm_eps | |
| rope.freq_base, rope.dimension_count | rope_theta, head size × partial_rotary_factor | |
| rope.scaling.type, .factor, .original_context_length | rope_scaling of linear and yarn | llama3: rope_freqs.weight; longrope: rope_factors_long/short.weight and rope.scaling.attn_factor; dynamic: nothing |
| attention.sliding_window | sliding_window | for llama (mistral) this program's own: llama.cpp's converter leaves it out |
| attention.sliding_window_pattern | sliding_window_pattern | read by llama.cpp for gemma 2 (default 2) and 3 (6), written if not the default |
| attn_logit_softcapping, final_logit_softcapping | the same | gemma 2 |
| rope.freq_base_swa | rope_local_base_freq | gemma 3, default 10000 |
| expert_count, expert_used_count, expert_feed_forward_length | num_experts or num_local_experts, num_experts_per_tok, moe_intermediate_size | |

| GGUF (blk.N.) | Hugging Face (model.layers.N.) | note |
|---|---|---|
| attn_q, attn_k, attn_v, attn_output | self_attn.{q,k,v,o}_proj | llama, smollm3, internlm2: rows of q and k interleaved |
| the same | attention.wqkv, attention.wo | internlm2: cut apart |
| attn_qkv, ffn_up | self_attn.qkv_proj, mlp.gate_up_proj | phi3 |
| ffn_gate, ffn_up, ffn_down | mlp.{gate,up,down}_proj; feed_forward.w1, w3, w2 | |
| ffn_gate_inp, ffn_{gate,up,down}_exps | mlp.gate, mlp.experts.E.*; block_sparse_moe.gate, .experts.E.{w1,w3,w2} | stacked, router F32 |
| attn_norm, ffn_norm | input_layernorm, post_attention_layernorm | |
| post_attention_norm, ffn_norm, post_ffw_norm | post_attention_, pre_feedforward_, post_feedforward_layernorm | gemma: 1 + w |
| attn_q_norm, attn_k_norm | self_attn.{q,k}_norm | |
"""

import math
import re
import sys
from pathlib import Path

import numpy as np

from ggml_types import GGML_TYPES, encoded
from gguf_writer import write_parts
from tiny.families import GEMMA2, GEMMA3, INTERNLM2, KINDS, LLAMA, MIXTRAL, PHI3, QWEN3MOE

PLAIN_KEYS = {
    "block_count": "num_hidden_layers",
    "context_length": "max_position_embeddings",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
    "vocab_size": "vocab_size",
}
# Written where config.json has the key and it is not null.
OPTIONAL_KEYS = {
    "attention.key_length": "head_dim",
    "attention.value_length": "head_dim",
    "expert_count": "num_experts",
    "expert_used_count": "num_experts_per_tok",
    "expert_feed_forward_length": "moe_intermediate_size",
}
GEMMA_KEYS = {
    "attn_logit_softcapping": "attn_logit_softcapping",
    "final_logit_softcapping": "final_logit_softcapping",
    "attention.sliding_window_pattern": "sliding_window_pattern",
    "rope.freq_base_swa": "rope_local_base_freq",
}
NAMES = {
    "model.embed_tokens": "token_embd", "model.tok_embeddings": "token_embd", "model.norm": "output_norm",
    "lm_head": "output", "output": "output",
    "input_layernorm": "attn_norm", "attention_norm": "attn_norm", "post_attention_layernorm": "ffn_norm", "ffn_norm": "ffn_norm",
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "attention.wo": "attn_output", "self_attn.qkv_proj": "attn_qkv",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.gate_up_proj": "ffn_up",
    "feed_forward.w1": "ffn_gate", "feed_forward.w3": "ffn_up", "feed_forward.w2": "ffn_down",
    "mlp.gate": "ffn_gate_inp", "block_sparse_moe.gate": "ffn_gate_inp",
}
GEMMA_NAMES = NAMES | {"post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
                       "post_feedforward_layernorm": "post_ffw_norm"}
EXPERT_NAMES = {"gate_proj": "ffn_gate_exps", "up_proj": "ffn_up_exps", "down_proj": "ffn_down_exps",
                "w1": "ffn_gate_exps", "w3": "ffn_up_exps", "w2": "ffn_down_exps"}


def head_size(config: dict) -> int:
    return config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]


def rotated(config: dict) -> int:
    return int(head_size(config) * config.get("partial_rotary_factor", 1.0))


def unwritable(config: dict) -> str | None:
    """What GGUF has no place for: llama.cpp would compute something else."""
    (architecture,) = config["architectures"]
    if "rope_parameters" in config or "layer_types" in config:
        return "keys in transformers 5's style, which this program reads in the older one only"
    if architecture in (GEMMA2, GEMMA3) and config["query_pre_attn_scalar"] != head_size(config):
        return "query_pre_attn_scalar that is not the head size"
    if architecture == QWEN3MOE and not (config["norm_topk_prob"] and not config["mlp_only_layers"]):
        return "norm_topk_prob false or mlp_only_layers"
    if config.get("use_sliding_window"):
        return "windows of qwen2"
    if architecture == LLAMA and scaling_kind(config) == "dynamic":
        return "dynamic rope scaling"  # internlm2's converted files exist all the same; they differ past max_position_embeddings
    if config.get("no_rope_layers", [1, 1, 1, 0])[:4] != [1, 1, 1, 0]:
        return "no_rope_layers other than every fourth"
    return None


def keys(config: dict, architecture: str) -> dict:
    wanted = PLAIN_KEYS | OPTIONAL_KEYS | (GEMMA_KEYS if architecture in (GEMMA2, GEMMA3) else {})
    result = {key: config[source] for key, source in wanted.items() if config.get(source) is not None}
    if architecture == MIXTRAL:
        result["expert_count"] = config["num_local_experts"]
    result["rope.dimension_count"] = rotated(config)
    if config.get("sliding_window") and config.get("use_sliding_window") is None:
        result["attention.sliding_window"] = config["sliding_window"]
    if architecture == PHI3:
        result["attention.sliding_window"] = config.get("sliding_window") or 0
        result["rope.scaling.original_context_length"] = config["original_max_position_embeddings"]
    return result | scaling_keys(config)


def scaling_kind(config: dict) -> str | None:
    scaling = config.get("rope_scaling") or {}
    return scaling.get("rope_type", scaling.get("type"))


def scaling_keys(config: dict) -> dict:
    scaling, kind = config.get("rope_scaling") or {}, scaling_kind(config)
    if kind in ("linear", "yarn"):
        result = {"rope.scaling.type": kind, "rope.scaling.factor": float(scaling["factor"])}
        if kind == "yarn":
            result["rope.scaling.original_context_length"] = scaling["original_max_position_embeddings"]
        return result
    if kind == "longrope":
        original = config["original_max_position_embeddings"]
        factor = config["max_position_embeddings"] / original
        return {"rope.scaling.attn_factor": math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0}
    return {}


def rope_tensors(config: dict) -> dict:
    scaling, kind = config.get("rope_scaling") or {}, scaling_kind(config)
    if kind == "longrope":
        return {f"rope_factors_{name}.weight": np.array(scaling[f"{name}_factor"]) for name in ("long", "short")}
    if kind != "llama3":
        return {}
    size, factors = rotated(config), []
    low, high, original = (scaling[key] for key in ("low_freq_factor", "high_freq_factor", "original_max_position_embeddings"))
    for index in range(0, size, 2):
        wave = 2 * math.pi * config["rope_theta"] ** (index / size)
        smooth = (original / wave - low) / (high - low)
        between = 1 / ((1 - smooth) / scaling["factor"] + smooth)
        factors.append(1.0 if wave < original / high else scaling["factor"] if wave > original / low else between)
    return {"rope_freqs.weight": np.array(factors)}


def interleave(rows: np.ndarray, heads: int) -> np.ndarray:
    """Each head's halves become neighbours: row 2i is row i, row 2i + 1 row i + size / 2."""
    halves = rows.reshape(heads, 2, len(rows) // heads // 2, *rows.shape[1:])
    return halves.swapaxes(1, 2).reshape(rows.shape)


def split_qkv(name: str, rows: np.ndarray, config: dict) -> dict:
    """internlm2's rows: for each KV head its query heads, its key, its value."""
    kv = config["num_key_value_heads"]
    heads = rows.reshape(kv, -1, head_size(config), rows.shape[1])
    parts = {"q": heads[:, :-2], "k": heads[:, -2], "v": heads[:, -1]}
    return {name.replace("attention.wqkv", f"self_attn.{part}_proj"): part_rows.reshape(-1, rows.shape[1]) for part, part_rows in parts.items()}


def tensors(weights: dict, config: dict, architecture: str) -> dict:
    """GGUF name to f32 array."""
    gemma = architecture in (GEMMA2, GEMMA3)
    names, result, stacks = GEMMA_NAMES if gemma else NAMES, {}, {}
    flat = {}
    for name, values in weights.items():
        flat |= split_qkv(name, values, config) if architecture == INTERNLM2 and ".wqkv." in name else {name: values}
    for name, values in flat.items():
        layer, stem, suffix = re.fullmatch(r"(?:model\.layers\.(\d+)\.)?(.+)\.(weight|bias)", name).groups()
        prefix = "" if layer is None else f"blk.{layer}."
        if expert := re.fullmatch(r"(?:mlp|block_sparse_moe)\.experts\.\d+\.(\w+)", stem):
            stacks.setdefault(f"{prefix}{EXPERT_NAMES[expert[1]]}.{suffix}", []).append(values)
            continue
        if KINDS[architecture].interleaved and (part := re.fullmatch(r"self_attn\.([qk])_proj", stem)):
            values = interleave(values, config["num_attention_heads" if part[1] == "q" else "num_key_value_heads"])
        result[f"{prefix}{names[stem]}.{suffix}"] = 1 + values if gemma and stem.endswith("norm") else values
    return rope_tensors(config) | result | {name: np.stack(parts) for name, parts in stacks.items()}


def write_gguf(path: Path, family: str, config: dict, weights: dict, tokenizer, type_name: str, types: dict, split: int) -> None:
    (architecture,) = config["architectures"]
    if reason := unwritable(config):
        raise SystemExit(f"{family} has no GGUF form: {reason}")
    kind = KINDS[architecture]
    # The name says no family: llama.cpp wants certain tokens of models that are called Phi 3.
    general = {"general.architecture": kind.gguf, "general.type": "model", "general.name": "tiny",
               "general.file_type": GGML_TYPES[type_name].file_type, "general.quantization_version": 2}
    own = {f"{kind.gguf}.{key}": value for key, value in keys(config, architecture).items()}
    stored, taken = {}, set()
    for name, values in tensors(weights, config, architecture).items():
        own_type = next((other for part, other in types.items() if part in name), type_name)
        wanted = "f32" if values.ndim == 1 or name.endswith("ffn_gate_inp.weight") else own_type
        used, raw = encoded(values, wanted)
        stored[name] = (values.shape, used, raw)
        taken |= {used} - {wanted}
    if taken:
        print(f"rows that {type_name} does not divide are {', '.join(sorted(taken))}", file=sys.stderr)
    write_parts(path, general | own | tokenizer.gguf_keys(), stored, split)

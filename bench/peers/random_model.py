"""Writes a Hugging Face folder of a llama or qwen2 of a known shape with random bf16 weights, to measure speed where no real weights are to be had.

    python random_model.py FOLDER --shape 8b [--empty]

With torch and a GPU 16 GB take seconds. --empty writes a file of the right size and no contents, from whose header kernels can be compiled.
"""

import argparse
import json
import math
import struct
from pathlib import Path

SHAPES = {
    # Llama-3.1-8B
    "8b": {"layers": 32, "hidden": 4096, "heads": 32, "kv_heads": 8, "head": 128, "ff": 14336, "vocab": 128256, "context": 131072, "theta": 500000.0},
    # Llama-3.2-1B
    "1b": {"layers": 16, "hidden": 2048, "heads": 32, "kv_heads": 8, "head": 64, "ff": 8192, "vocab": 128256, "context": 131072, "theta": 500000.0, "tied": True},
    # Qwen2.5-0.5B
    "qwen-0.5b": {"layers": 24, "hidden": 896, "heads": 14, "kv_heads": 2, "head": 64, "ff": 4864, "vocab": 151936, "context": 32768, "theta": 1000000.0, "tied": True, "family": "qwen2"},
    # Small enough for a CPU
    "tiny": {"layers": 2, "hidden": 256, "heads": 4, "kv_heads": 2, "head": 64, "ff": 512, "vocab": 1024, "context": 4096, "theta": 10000.0},
}


def tensors(s):
    yield "model.embed_tokens.weight", (s["vocab"], s["hidden"])
    for n in range(s["layers"]):
        p = f"model.layers.{n}."
        yield p + "input_layernorm.weight", (s["hidden"],)
        yield p + "self_attn.q_proj.weight", (s["heads"] * s["head"], s["hidden"])
        yield p + "self_attn.k_proj.weight", (s["kv_heads"] * s["head"], s["hidden"])
        yield p + "self_attn.v_proj.weight", (s["kv_heads"] * s["head"], s["hidden"])
        if s.get("family") == "qwen2":
            for part, heads in (("q", s["heads"]), ("k", s["kv_heads"]), ("v", s["kv_heads"])):
                yield p + f"self_attn.{part}_proj.bias", (heads * s["head"],)
        yield p + "self_attn.o_proj.weight", (s["hidden"], s["heads"] * s["head"])
        yield p + "post_attention_layernorm.weight", (s["hidden"],)
        yield p + "mlp.gate_proj.weight", (s["ff"], s["hidden"])
        yield p + "mlp.up_proj.weight", (s["ff"], s["hidden"])
        yield p + "mlp.down_proj.weight", (s["hidden"], s["ff"])
    yield "model.norm.weight", (s["hidden"],)
    if not s.get("tied"):
        yield "lm_head.weight", (s["vocab"], s["hidden"])


def config(s):
    return {
        "architectures": ["Qwen2ForCausalLM" if s.get("family") == "qwen2" else "LlamaForCausalLM"],
        "model_type": s.get("family", "llama"),
        "hidden_size": s["hidden"],
        "intermediate_size": s["ff"],
        "num_hidden_layers": s["layers"],
        "num_attention_heads": s["heads"],
        "num_key_value_heads": s["kv_heads"],
        **({} if s.get("family") == "qwen2" else {"head_dim": s["head"]}),
        "vocab_size": s["vocab"],
        "max_position_embeddings": s["context"],
        "rope_theta": s["theta"],
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": s.get("tied", False),
        "bos_token_id": 0,
        "eos_token_id": 1,
        "torch_dtype": "bfloat16",
    }


def tokenizer():
    """Every byte a token, after two for the ends: enough to turn text into ids."""
    alphabet = [chr(b) for b in (*range(33, 127), *range(161, 173), *range(174, 256))]
    alphabet += [chr(256 + n) for n in range(256 - len(alphabet))]
    ends = ["<s>", "</s>"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
            for i, t in enumerate(ends)
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {t: i for i, t in enumerate(ends + alphabet)},
            "merges": [],
        },
    }


def write(folder, s, empty):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config(s), indent=1))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()))
    template = "{% for message in messages %}{{ message.content }}{% endfor %}"
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    header, at = {}, 0
    for name, shape in tensors(s):
        size = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        if empty:
            file.truncate(8 + len(text) + at)
            return
        import torch

        generator = torch.Generator("cuda").manual_seed(1)
        for name, shape in tensors(s):
            if len(shape) == 1:
                values = torch.ones(shape, dtype=torch.bfloat16)
            else:
                scale = 1 / math.sqrt(shape[1])
                values = (torch.randn(shape, generator=generator, device="cuda", dtype=torch.float32) * scale).bfloat16()
            if name in ("lm_head.weight", "model.embed_tokens.weight"):
                # The end of a text is never the likeliest token, so that answers are as long as they were asked to be.
                values[1] = 0
            file.write(values.cpu().view(torch.uint8).numpy().reshape(-1).data)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="8b")
    parser.add_argument("--empty", action="store_true")
    given = parser.parse_args()
    write(given.folder, SHAPES[given.shape], given.empty)

"""Hugging Face transformers on the model of a GGUF file or a Hugging Face folder, for bench/model: bfloat16 weights, SDPA attention.

    python transformers_model.py --model FILE.gguf|FOLDER --prefill 8192 --decode 256

Prints one JSON object: versions, prefill tokens/s of a forward pass (logits of the last token only), and decode tokens/s of
generate() with a static cache, which transformers compiles with torch.compile into CUDA graphs. Medians over repetitions.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

# Families of GGUF files whose rest is as in llama: whether rows of q and k are interleaved there, and what else a layer has.
FAMILIES = {
    "llama": {"interleaved": True, "biased": (), "norms": {}},
    "qwen2": {"interleaved": False, "biased": ("attn_q", "attn_k", "attn_v"), "norms": {}},
    "qwen3": {"interleaved": False, "biased": (), "norms": {"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm"}},
}
NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def load(path: str):
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16, attn_implementation="sdpa") if Path(path).is_dir() else from_gguf(path)
    return model.to(torch.bfloat16).cuda().eval()


def reader():
    """The repository's own reader of GGUF files, wherever this file lies in it: beside its sources or in dist."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "test" / "reference" / "gguf_file.py").exists():
            sys.path.insert(0, str(folder / "test" / "reference"))
            from gguf_file import GgufFile
            from llama import unpermute

            return GgufFile, unpermute
    sys.exit("the peer reads GGUF files in a clone of the repository only: give it a Hugging Face folder of this model")


def from_gguf(path: str):
    GgufFile, unpermute = reader()
    file = GgufFile(path)
    architecture = file.metadata["general.architecture"]
    if architecture not in FAMILIES:
        sys.exit(f"of GGUF files the peer reads {', '.join(FAMILIES)}, not {architecture}: give it a Hugging Face folder of this model")
    family = FAMILIES[architecture]
    get = lambda key: file.metadata[f"{architecture}.{key}"]
    tensor = lambda name: torch.from_numpy(file.tensor(name).copy())
    heads, kv_heads, hidden = get("attention.head_count"), get("attention.head_count_kv"), get("embedding_length")
    embedding = tensor("token_embd.weight")
    config = AutoConfig.for_model(
        architecture,
        vocab_size=embedding.shape[0],
        hidden_size=hidden,
        intermediate_size=get("feed_forward_length"),
        num_hidden_layers=get("block_count"),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=file.metadata.get(f"{architecture}.attention.key_length", hidden // heads),
        max_position_embeddings=get("context_length"),
        rms_norm_eps=get("attention.layer_norm_rms_epsilon"),
        rope_parameters={"rope_type": "default", "rope_theta": get("rope.freq_base")},
        tie_word_embeddings="output.weight" not in file.places,
    )
    weights = {"model.embed_tokens.weight": embedding, "model.norm.weight": tensor("output_norm.weight")}
    if "output.weight" in file.places:
        weights["lm_head.weight"] = tensor("output.weight")
    for index in range(config.num_hidden_layers):
        block, layer = f"blk.{index}", f"model.layers.{index}"
        for ours, theirs in (NAMES | family["norms"]).items():
            matrix = file.tensor(f"{block}.{ours}.weight")
            if family["interleaved"] and ours in ("attn_q", "attn_k"):
                matrix = unpermute(matrix, heads if ours == "attn_q" else kv_heads)
            weights[f"{layer}.{theirs}.weight"] = torch.from_numpy(matrix.copy())
        for ours in family["biased"]:
            weights[f"{layer}.{NAMES[ours]}.bias"] = tensor(f"{block}.{ours}.bias")
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model


@torch.inference_mode()
def prefill_rate(model, count: int) -> float:
    ids = torch.randint(0, model.config.vocab_size, (1, count), device="cuda")
    times = []
    for _ in range(12):
        torch.cuda.synchronize()
        start = time.perf_counter()
        model(ids, logits_to_keep=1, use_cache=True)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return count / statistics.median(times[4:])


@torch.inference_mode()
def decode_rate(model, count: int) -> float:
    ids = torch.randint(0, model.config.vocab_size, (1, 40), device="cuda")
    options = dict(do_sample=False, cache_implementation="static", eos_token_id=None, pad_token_id=0)
    mask = torch.ones_like(ids)

    def seconds(tokens: int) -> float:
        torch.cuda.synchronize()
        start = time.perf_counter()
        model.generate(ids, attention_mask=mask, max_new_tokens=tokens, min_new_tokens=tokens, max_length=None, **options)
        torch.cuda.synchronize()
        return time.perf_counter() - start

    for _ in range(3):
        seconds(count + 1)
    # The prompt and what generate() sets up are in both and drop out.
    rates = [count / 2 / (seconds(count) - seconds(count // 2)) for _ in range(3)]
    return statistics.median(rates)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--prefill", type=int, default=8192)
    parser.add_argument("--decode", type=int, default=256)
    args = parser.parse_args()
    model = load(args.model)
    result = {
        "name": "transformers",
        "version": transformers.__version__,
        "torch": torch.__version__,
        "prefillTokensPerSecond": prefill_rate(model, args.prefill),
        "decodeTokensPerSecond": decode_rate(model, args.decode),
    }
    print(json.dumps(result))

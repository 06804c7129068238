"""Hugging Face transformers on the same llama as a GGUF file, or any Hugging Face folder, for bench/model: bfloat16 weights, SDPA attention.

    python transformers_llama.py --model FILE.gguf|FOLDER --prefill 8192 --decode 256

Prints one JSON object: versions, prefill tokens/s of a forward pass (logits of the last token only), and decode tokens/s of
generate() with a static cache, which transformers compiles with torch.compile into CUDA graphs. Medians over repetitions.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "test" / "reference"))

import torch
import transformers
from gguf_file import GgufFile
from llama import unpermute
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

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
    if Path(path).is_dir():
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16, attn_implementation="sdpa")
        return model.cuda().eval()
    file = GgufFile(path)
    get = lambda key: file.metadata[f"llama.{key}"]
    heads, kv_heads = get("attention.head_count"), get("attention.head_count_kv")
    embedding = torch.from_numpy(file.tensor("token_embd.weight").copy())
    config = LlamaConfig(
        vocab_size=embedding.shape[0],
        hidden_size=get("embedding_length"),
        intermediate_size=get("feed_forward_length"),
        num_hidden_layers=get("block_count"),
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=get("context_length"),
        rms_norm_eps=get("attention.layer_norm_rms_epsilon"),
        rope_theta=get("rope.freq_base"),
        rope_parameters={"rope_type": "default", "rope_theta": get("rope.freq_base")},
        tie_word_embeddings="output.weight" not in file.places,
        attn_implementation="sdpa",
    )
    weights = {"model.embed_tokens.weight": embedding, "model.norm.weight": torch.from_numpy(file.tensor("output_norm.weight").copy())}
    if "output.weight" in file.places:
        weights["lm_head.weight"] = torch.from_numpy(file.tensor("output.weight").copy())
    for index in range(config.num_hidden_layers):
        for ours, theirs in NAMES.items():
            tensor = file.tensor(f"blk.{index}.{ours}.weight")
            if ours in ("attn_q", "attn_k"):
                tensor = unpermute(tensor, heads if ours == "attn_q" else kv_heads)
            weights[f"model.layers.{index}.{theirs}.weight"] = torch.from_numpy(tensor.copy())
    model = LlamaForCausalLM(config)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    model.tie_weights()
    return model.to(torch.bfloat16).cuda().eval()


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

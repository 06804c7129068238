"""Logits and a greedy continuation of Hugging Face folders, by transformers: the same command line and output as families/run.py.

    python transformers_reference.py FOLDER [FOLDER …] --tokens 1,2,3 [--greedy 16] [--all] [--dtype float32|bfloat16] [--device cuda]
    python transformers_reference.py --entries FILE [--greedy 16] …      (FILE: what run.py printed; the same models and prompts)

Needs torch, transformers and safetensors, nothing of this repository, and no network. Attention is "eager": soft caps are not applied by every other
implementation. InternLM2 has no class in transformers; its weights are rearranged into a Llama's.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

INTERN_NAMES = {"tok_embeddings": "embed_tokens", "attention_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
                "attention.wo": "self_attn.o_proj", "feed_forward.w1": "mlp.gate_proj", "feed_forward.w3": "mlp.up_proj",
                "feed_forward.w2": "mlp.down_proj", "output.weight": "lm_head.weight"}


def llama_of_internlm2(folder: Path, config: dict, dtype: torch.dtype) -> LlamaForCausalLM:
    """Fused rows are, for each KV head, those of its query heads, its key and its value."""
    kv, size = config["num_key_value_heads"], config["hidden_size"] // config["num_attention_heads"]
    group = config["num_attention_heads"] // kv
    state = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        if ".wqkv." in name:
            heads = tensor.reshape(kv, group + 2, size, -1)
            parts = {"q": heads[:, :group], "k": heads[:, group], "v": heads[:, group + 1]}
            for part, rows in parts.items():
                state[name.replace("attention.wqkv", f"self_attn.{part}_proj")] = rows.reshape(-1, tensor.shape[1])
            continue
        for old, new in INTERN_NAMES.items():
            name = name.replace(old, new)
        state[name] = tensor
    plain = {key: value for key, value in config.items() if key not in ("architectures", "model_type", "bias", "dtype")}
    model = LlamaForCausalLM._from_config(LlamaConfig(**plain), attn_implementation="eager", dtype=dtype)
    model.load_state_dict(state)
    return model


def load(folder: Path, dtype: torch.dtype, device: str):
    config = json.loads((folder / "config.json").read_text())
    if config["architectures"] == ["InternLM2ForCausalLM"]:
        model = llama_of_internlm2(folder, config, dtype)
    else:
        model, report = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation="eager", local_files_only=True, output_loading_info=True)
        wrong = {kind: sorted(report[kind]) for kind in ("missing_keys", "unexpected_keys") if report[kind]}
        if wrong:
            raise SystemExit(f"{folder}: transformers read it with {wrong}")
    return model.to(device).eval()


@torch.no_grad()
def run(model, tokens: list, greedy: int, every: bool, device: str) -> dict:
    ids = torch.tensor([tokens], device=device)
    logits = model(ids, use_cache=False).logits[0].float().cpu()
    result = {"logits": (logits if every else logits[-1]).tolist(), "greedy": [], "gaps": []}
    if greedy:
        # 5.17 drops longrope's cache at the switch to the long factors but then feeds the last token alone.
        cached = (model.config.rope_parameters or {}).get("rope_type") != "longrope"
        out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=greedy, do_sample=False, use_cache=cached,
                             eos_token_id=-1, pad_token_id=0, output_logits=True, return_dict_in_generate=True)
        result["greedy"] = out.sequences[0, len(tokens) :].tolist()
        best = [step[0].float().topk(2).values for step in out.logits]
        result["gaps"] = [round(float(first - second), 4) for first, second in best]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--tokens", action="append", default=[], help="ids of a prompt, separated by commas")
    parser.add_argument("--entries", type=Path)
    parser.add_argument("--greedy", type=int, default=0)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    asked = parser.parse_args()
    logging.disable_progress_bar()
    torch.backends.cuda.matmul.allow_tf32 = False
    wanted = {path: [[int(token) for token in text.split(",")] for text in asked.tokens] for path in asked.models}
    for entry in json.loads(asked.entries.read_text()) if asked.entries else []:
        wanted.setdefault(Path(entry["model"]), []).append(entry["tokens"])
    results = []
    for path, prompts in wanted.items():
        model = load(path, getattr(torch, asked.dtype), asked.device)
        for tokens in prompts:
            results.append({"model": str(path), "tokens": tokens} | run(model, tokens, asked.greedy, asked.all, asked.device))
    print(json.dumps(results))


if __name__ == "__main__":
    main()

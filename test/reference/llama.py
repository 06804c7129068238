"""A llama model in plain numpy, the measure for the runtime's models: float32 by default, no kernels, no tricks.

    python llama.py --model FILE.gguf --prompts prompts.json --max-tokens 48 [--dtype float64] [--dump-hidden DIR]
        [--reattention global=4,local=32,topK=4,span=8,clip=6,chunk=16]

prompts.json is a list of {"name", "messages": [{"role", "content"}]} or {"name", "prompt": text}. Prints a JSON list with,
for each: the prompt's token ids, the ids chosen greedily up to and with the first end token, their text, and for every
step the gap between the two largest logits. Where that gap is small, another order of additions may choose otherwise.
--dump-hidden writes NAME.npy, shape [layers + 2, hidden]: the last prompt position's embedding, what every layer
leaves, and the final norm; and NAME.logits.npy, shape [vocabulary].

test/fixtures/greedy.json is the output for test/reference/prompts.json with 48 tokens; test/fixtures/reattention-greedy.json the one for
test/reference/reattention_prompts.json with 32 tokens and the --reattention above.
"""

import argparse
import json
import os
import sys
from pathlib import Path

# One thread: BLAS's threads cost more than they give on a machine that runs other tests at the same time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from bpe import Bpe
from gguf_file import GgufFile
from reattention import ReAttention, attention


def unpermute(rows: np.ndarray, heads: int) -> np.ndarray:
    """Undoes llama.cpp's interleaving of each head's halves, so that rotation pairs are (i, i + D/2) again."""
    outputs, inputs = rows.shape
    pairs = rows.reshape(heads, outputs // heads // 2, 2, inputs)
    return pairs.swapaxes(1, 2).reshape(outputs, inputs)


def project(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """x · weightᵀ. A single row goes as a matrix-vector product, which BLAS does many times faster than a thin matrix."""
    return (weight @ x[0])[None] if len(x) == 1 else x @ weight.T


class Llama:
    def __init__(self, file: GgufFile, dtype=np.float32, reattention: ReAttention | None = None):
        self.reattention = reattention
        get = lambda key: file.metadata[f"llama.{key}"]
        self.dtype = dtype
        self.layers, self.heads = get("block_count"), get("attention.head_count")
        self.kv_heads = get("attention.head_count_kv")
        self.head_size = get("embedding_length") // self.heads
        self.epsilon = dtype(get("attention.layer_norm_rms_epsilon"))
        half = np.arange(self.head_size // 2) / (self.head_size // 2)
        self.frequencies = 1.0 / get("rope.freq_base") ** half
        if "rope_freqs.weight" in file.places:
            self.frequencies /= file.tensor("rope_freqs.weight")
        weight = lambda name: file.tensor(name).astype(dtype)
        self.embedding = weight("token_embd.weight")
        self.output = weight("output.weight") if "output.weight" in file.places else self.embedding
        self.output_norm = weight("output_norm.weight")
        names = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"]
        self.blocks = [{n: weight(f"blk.{i}.{n}.weight") for n in names} for i in range(self.layers)]
        for block in self.blocks:
            block["attn_q"] = unpermute(block["attn_q"], self.heads)
            block["attn_k"] = unpermute(block["attn_k"], self.kv_heads)

    def new_cache(self):
        empty = np.zeros((self.kv_heads, 0, self.head_size), self.dtype)
        return [(empty, empty)] * self.layers

    def forward(self, ids: list[int], cache, dump: list | None = None) -> np.ndarray:
        """Appends `ids` to the cache, by chunks in ReAttention's mode, and returns the logits after the last of them."""
        size = self.reattention.chunk if self.reattention else len(ids)
        for start in range(0, len(ids), size):
            hidden = self.chunk(ids[start : start + size], cache, dump if start + size >= len(ids) else None)
        last = self.norm(hidden[-1:], self.output_norm)
        if dump is not None:
            dump.append(last[-1].copy())
        return project(last, self.output)[0]

    def chunk(self, ids: list[int], cache, dump: list | None) -> np.ndarray:
        x = self.embedding[ids]
        note = (lambda h: dump.append(h[-1].copy())) if dump is not None else (lambda h: None)
        note(x)
        for layer, block in enumerate(self.blocks):
            x = x + self.attention(self.norm(x, block["attn_norm"]), block, cache, layer)
            h = self.norm(x, block["ffn_norm"])
            gate = project(h, block["ffn_gate"])
            activated = gate / (1 + np.exp(-gate)) * project(h, block["ffn_up"])
            x = x + project(activated, block["ffn_down"])
            note(x)
        return x

    def attention(self, h, block, cache, layer):
        split = lambda rows, heads: rows.reshape(len(h), heads, self.head_size).swapaxes(0, 1)
        q, k, v = (split(project(h, block[f"attn_{n}"]), self.heads if n == "q" else self.kv_heads) for n in "qkv")
        # Keys are kept without positions.
        keys, values = (np.concatenate([old, new], axis=1) for old, new in zip(cache[layer], (k, v)))
        cache[layer] = (keys, values)
        mixed = attention(q, keys, values, self.rotation, self.reattention)
        return project(mixed.swapaxes(0, 1).reshape(len(h), -1), block["attn_output"])

    def norm(self, x, weight):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.epsilon) * weight

    def rotation(self, positions):
        angles = positions[:, None] * self.frequencies[None, :]
        return np.cos(angles).astype(self.dtype), np.sin(angles).astype(self.dtype)


def chat_text(messages: list[dict]) -> str:
    """SmolLM2's chat template, written out."""
    if messages[0]["role"] != "system":
        default = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
        messages = [{"role": "system", "content": default}, *messages]
    turns = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
    return turns + "<|im_start|>assistant\n"


def greedy(model: Llama, ids: list[int], ends: set[int], most: int, dump: list | None = None):
    """Ids chosen, the gap between the two largest logits at each choice, and the first choice's logits."""
    cache, chosen, gaps, first = model.new_cache(), [], [], None
    feed = ids
    while len(chosen) < most:
        logits = model.forward(feed, cache, dump if first is None else None)
        first = logits if first is None else first
        second, best = np.argpartition(logits, -2)[-2:]
        best, second = (best, second) if logits[best] >= logits[second] else (second, best)
        chosen.append(int(best))
        gaps.append(round(float(logits[best] - logits[second]), 4))
        if chosen[-1] in ends:
            break
        feed = chosen[-1:]
    return chosen, gaps, first


def answer(model: Llama, bpe: Bpe, prompt: dict, ends: set[int], most: int, folder: Path | None) -> dict:
    text = chat_text(prompt["messages"]) if "messages" in prompt else prompt["prompt"]
    ids = bpe.encode(text, parse_special="messages" in prompt)
    dump = [] if folder else None
    chosen, gaps, logits = greedy(model, ids, ends, most, dump)
    if folder:
        np.save(folder / f"{prompt['name']}.npy", np.stack(dump))
        np.save(folder / f"{prompt['name']}.logits.npy", logits)
    text = bpe.decode([id for id in chosen if id not in ends])
    return {**prompt, "promptIds": ids, "ids": chosen, "gaps": gaps, "text": text}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompts", required=True, help="a JSON file, or - for standard input")
    parser.add_argument("--max-tokens", type=int, default=48)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--dump-hidden", type=Path, metavar="DIR")
    parser.add_argument("--reattention", type=ReAttention.parse, metavar="global=…,local=…,topK=…,span=…,clip=…,chunk=…")
    options = parser.parse_args()
    prompts = json.load(sys.stdin if options.prompts == "-" else open(options.prompts, encoding="utf-8"))
    file = GgufFile(options.model)
    bpe = Bpe(file.metadata)
    ends = {file.metadata["tokenizer.ggml.eos_token_id"], bpe.special["<|endoftext|>"]}
    model = Llama(file, getattr(np, options.dtype), options.reattention)
    if options.dump_hidden:
        os.makedirs(options.dump_hidden, exist_ok=True)
    results = [answer(model, bpe, p, ends, options.max_tokens, options.dump_hidden) for p in prompts]
    print("[\n" + ",\n".join(json.dumps(result, ensure_ascii=False) for result in results) + "\n]")


if __name__ == "__main__":
    main()

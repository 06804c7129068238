"""Hugging Face transformers answering several prompts at once by its continuous batching, for bench/sessions: bfloat16 weights, greedy answers.

    python transformers_sessions.py --model FILE.gguf|FOLDER --sessions 1,16,64 --decode 256 --rounds 3

Prints one JSON object: its name, the attention that it ran, and by count of sessions and round the milliseconds at which each token
of each answer came, from when the prompts were given. The first round of every count is left out: it warms up.
"""

import argparse
import importlib.util
import json

import torch
import transformers
from transformers import AutoTokenizer, GenerationConfig
from transformers_model import load

# The fastest of those that are installed: only these read a paged cache without a mask of all pairs.
PAGED = [("flash_attention_3", "flash_attn_interface"), ("flash_attention_2", "flash_attn")]


def prompts_of(model: str, texts: list[str], vocabulary: int) -> list[list[int]]:
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError):
        # A GGUF file alone: as many tokens as the text has characters / 4, whichever they are.
        return [[2 + (ord(c) * 7919) % (vocabulary - 2) for c in text[::4]] for text in texts]
    return [tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True, return_dict=False) for text in texts]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--sessions", required=True)
    parser.add_argument("--decode", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    model = load(given.model)
    attention = next((name for name, module in PAGED if importlib.util.find_spec(module)), "sdpa")
    model.set_attn_implementation(f"paged|{attention}")
    generation = GenerationConfig(max_new_tokens=given.decode, do_sample=False, eos_token_id=-1, pad_token_id=0)
    rounds = {}
    for count in map(int, given.sessions.split(",")):
        for round in range(given.rounds + 1):
            texts = [f"Write a very long story about the number {1000 * round + index}." for index in range(count)]
            answers = model.generate_batch(
                inputs=prompts_of(given.model, texts, model.config.vocab_size),
                generation_config=generation,
                record_timestamps=True,
                progress_bar=False,
            )
            if len(answers) != count:
                raise SystemExit(f"{count - len(answers)} of {count} answers are missing")
            # Each call sets itself up and captures graphs before it takes the prompts: that is left out.
            began = min(answer.created_time for answer in answers.values())
            times = [[(moment - began) * 1000 for moment in answer.timestamps] for answer in answers.values()]
            if round > 0:
                rounds.setdefault(count, []).append(times)
    print(json.dumps({"name": f"transformers {transformers.__version__}", "torch": torch.__version__, "attention": attention, "rounds": rounds}))


if __name__ == "__main__":
    main()

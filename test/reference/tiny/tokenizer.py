"""A byte-level BPE vocabulary of about 400 tokens, as tokenizer.json and as the keys of a GGUF file."""

import json
from pathlib import Path

WORDS = (" the and of to in a is that for it as was with be by on not he his but at are this have from or had an they which"
         " one you were her all she there would their we him been has when who will").split()
SPECIAL = ["<|bos|>", "<|im_start|>", "<|im_end|>", "<|endoftext|>"]
CHAT = ("{%- for message in messages -%}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
        "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}")
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPLITS = {"llama-bpe": LLAMA3 % r"\p{N}{1,3}", "qwen2": LLAMA3 % r"\p{N}"}
NORMAL, UNUSED, CONTROL = 1, 5, 3


def alphabet() -> list:
    """GPT-2's character for each byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    moved = [byte for byte in range(256) if byte not in kept]
    return [chr(byte if byte in kept else 256 + moved.index(byte)) for byte in range(256)]


class Tokenizer:
    """`padding`: how many rows the model's embedding has beyond the tokens, as Qwen's have."""

    def __init__(self, pre_tokenizer: str, padding: int):
        self.pre_tokenizer, self.padding = pre_tokenizer, padding
        self.tokens, self.merges = alphabet(), []
        for word in WORDS:
            for text in (word, "Ġ" + word):
                for end in range(2, len(text) + 1):
                    if text[:end] not in self.tokens:
                        self.tokens.append(text[:end])
                        self.merges.append((text[: end - 1], text[end - 1]))
        self.plain = len(self.tokens)
        self.tokens += SPECIAL
        self.bos, _, self.eos, self.end_of_text = range(self.plain, len(self.tokens))
        self.adds_bos = pre_tokenizer == "llama-bpe"

    def __len__(self) -> int:
        return len(self.tokens) + self.padding

    def write(self, folder: Path) -> None:
        files = {"tokenizer.json": self.json(), "tokenizer_config.json": self.config(),
                 "generation_config.json": {"bos_token_id": self.bos, "eos_token_id": [self.eos, self.end_of_text],
                                            "do_sample": False}}
        for name, content in files.items():
            (folder / name).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        (folder / "chat_template.jinja").write_text(CHAT)

    def config(self) -> dict:
        return {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": SPECIAL[0], "eos_token": SPECIAL[2],
                "pad_token": SPECIAL[3], "add_bos_token": self.adds_bos, "clean_up_tokenization_spaces": False}

    def json(self) -> dict:
        bytes_of = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
        split = {"type": "Split", "pattern": {"Regex": SPLITS.get(self.pre_tokenizer)}, "behavior": "Isolated", "invert": False}
        words = {"type": "Sequence", "pretokenizers": [split, bytes_of | {"use_regex": False}]}
        added = [{"id": self.plain + i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                  "normalized": False, "special": True} for i, text in enumerate(SPECIAL)]
        start = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": SPECIAL[0], "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                 "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                 "special_tokens": {SPECIAL[0]: {"id": SPECIAL[0], "ids": [self.bos], "tokens": [SPECIAL[0]]}}}
        model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                 "fuse_unk": False, "byte_fallback": False, "ignore_merges": self.pre_tokenizer == "llama-bpe",
                 "vocab": {token: i for i, token in enumerate(self.tokens[: self.plain])}, "merges": [list(pair) for pair in self.merges]}
        return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
                "normalizer": {"type": "NFC"} if self.pre_tokenizer == "qwen2" else None,
                "pre_tokenizer": words if self.pre_tokenizer in SPLITS else bytes_of | {"use_regex": True},
                "post_processor": start if self.adds_bos else bytes_of | {"use_regex": True},
                "decoder": bytes_of | {"use_regex": True}, "model": model}

    def gguf_keys(self) -> dict:
        filler = [f"[PAD{len(self.tokens) + i}]" for i in range(self.padding)]
        types = [NORMAL] * self.plain + [CONTROL] * len(SPECIAL) + [UNUSED] * self.padding
        return {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": self.pre_tokenizer, "tokenizer.ggml.tokens": self.tokens + filler,
                "tokenizer.ggml.token_type": types, "tokenizer.ggml.merges": [" ".join(pair) for pair in self.merges],
                "tokenizer.ggml.bos_token_id": self.bos, "tokenizer.ggml.eos_token_id": self.eos,
                "tokenizer.ggml.padding_token_id": self.end_of_text, "tokenizer.ggml.add_bos_token": self.adds_bos,
                "tokenizer.chat_template": CHAT}

"""A plain byte-level BPE tokenizer, written from its definition: no regex engine, no priority queue, no cache of words.

The measure for the runtime's tokenizer. `SPLITTERS` are hand-written scanners for the pre-tokenizers' regular
expressions (given above each), on Unicode's general categories and its White_Space property.
"""

import unicodedata

WHITE_SPACE = {*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000}
CONTROL, USER_DEFINED = 3, 4


def is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] == "L"


def is_number(char: str) -> bool:
    return unicodedata.category(char)[0] == "N"


def is_space(char: str) -> bool:
    return ord(char) in WHITE_SPACE


def is_other(char: str) -> bool:
    return not (is_letter(char) or is_number(char) or is_space(char))


def run(text: str, start: int, belongs, most: int | None = None) -> int:
    """End of the run of characters from `start` that belong, at most `most` of them."""
    end = start
    while end < len(text) and belongs(text[end]) and (most is None or end - start < most):
        end += 1
    return end


def contraction(text: str, at: int) -> int:
    """'s|'t|'re|'ve|'m|'ll|'d"""
    if text[at] == "'":
        for tail in ("s", "t", "re", "ve", "m", "ll", "d"):
            if text.startswith(tail, at + 1):
                return at + 1 + len(tail)
    return at


def spaces(text: str, at: int) -> int:
    r"""\s+(?!\S)|\s+ : a run of spaces, but its last one goes with what follows."""
    end = run(text, at, is_space)
    return end - 1 if end < len(text) and end - at > 1 else end


def gpt2_word(text: str, at: int) -> int:
    r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
    end = contraction(text, at)
    if end > at:
        return end
    start = at + 1 if text[at] == " " else at
    for kind in (is_letter, is_number, is_other):
        end = run(text, start, kind)
        if end > start:
            return end
    return spaces(text, at)


def llama_word(text: str, at: int, digits: int) -> int:
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
    # (?i) folds case: ſ is an s too. No other character outside of ASCII folds to one of these letters.
    head = "".join("s" if c == "ſ" else c.lower() if c.isascii() else c for c in text[at : at + 3])
    end = contraction(head, 0)
    if end > 0:
        return at + end
    start = at if is_letter(text[at]) or is_number(text[at]) or text[at] in "\r\n" else at + 1
    end = run(text, start, is_letter)
    if end > start:
        return end
    end = run(text, at, is_number, digits)
    if end > at:
        return end
    start = at + 1 if text[at] == " " else at
    end = run(text, start, is_other)
    if end > start:
        return run(text, end, "\r\n".__contains__)
    end = run(text, at, is_space)
    newline = max(text.rfind("\r", at, end), text.rfind("\n", at, end))
    return newline + 1 if newline >= 0 else spaces(text, at)


def scan(text: str, word) -> list[str]:
    words, at = [], 0
    while at < len(text):
        end = word(text, at)
        words.append(text[at:end])
        at = end
    return words


def smollm(text: str) -> list[str]:
    r"""First \p{N} one by one, then GPT-2's words in what is between."""
    words, start = [], 0
    for at, char in enumerate(text):
        if is_number(char):
            words += scan(text[start:at], gpt2_word) + [char]
            start = at + 1
    return words + scan(text[start:], gpt2_word)


SPLITTERS = {
    "gpt-2": lambda text: scan(text, gpt2_word),
    "smollm": smollm,
    "llama-bpe": lambda text: scan(text, lambda t, at: llama_word(t, at, 3)),
    # Qwen2's tokenizer composes characters first.
    "qwen2": lambda text: scan(unicodedata.normalize("NFC", text), lambda t, at: llama_word(t, at, 1)),
}


def byte_alphabet() -> list[str]:
    """GPT-2's printable stand-in for each byte."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b) if b in kept else chr(next(others)) for b in range(256)]


class Bpe:
    def __init__(self, metadata: dict):
        self.tokens = metadata["tokenizer.ggml.tokens"]
        types = metadata["tokenizer.ggml.token_type"]
        self.special = {t: i for i, t in enumerate(self.tokens) if types[i] in (CONTROL, USER_DEFINED)}
        self.ids = {t: i for i, t in enumerate(self.tokens) if t not in self.special}
        self.ranks = {tuple(pair.split(" ")): rank for rank, pair in enumerate(metadata["tokenizer.ggml.merges"])}
        self.split = SPLITTERS[metadata["tokenizer.ggml.pre"]]
        self.alphabet = byte_alphabet()
        self.bytes = {char: byte for byte, char in enumerate(self.alphabet)}

    def encode(self, text: str, parse_special: bool = False) -> list[int]:
        if parse_special:
            for at in range(len(text)):
                found = max((t for t in self.special if text.startswith(t, at)), key=len, default=None)
                if found:
                    rest = self.encode(text[at + len(found) :], True)
                    return self.encode(text[:at]) + [self.special[found]] + rest
        return [id for word in self.split(text) for id in self.merge(word)]

    def merge(self, word: str) -> list[int]:
        """Joins the pair of lowest rank, leftmost first, until none is left. Bytes without a token vanish."""
        parts = [self.alphabet[byte] for byte in word.encode("utf-8", "replace")]
        while len(parts) > 1:
            pairs = [(self.ranks.get(pair, len(self.ranks)), at) for at, pair in enumerate(zip(parts, parts[1:]))]
            rank, at = min(pairs)
            if rank == len(self.ranks):
                break
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return [self.ids[part] for part in parts if part in self.ids]

    def decode(self, ids: list[int]) -> str:
        raw = b""
        for id in ids:
            token = self.tokens[id]
            raw += token.encode() if token in self.special else bytes(self.bytes[c] for c in token)
        return raw.decode("utf-8", "replace")

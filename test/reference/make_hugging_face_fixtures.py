"""Prints what Hugging Face's own `tokenizers` makes of patterns, of pre-tokenizers and of small tokenizers, as JSON.

    python test/reference/make_hugging_face_fixtures.py > test/fixtures/hugging-face.json

Needs the package tokenizers (0.23.3 wrote the committed file) and node, which prints the pre-tokenizers.
"""

import json
import subprocess
from pathlib import Path

from tokenizers import Regex, Tokenizer, pre_tokenizers

from bpe import byte_alphabet
from make_tokenizer_fixtures import TEXTS, random_texts

ROOT = Path(__file__).parents[2]

PATTERNS = [
    ("(?i:'s|'t|'ll)", "x's x'ſ x'S 'K 'LL"),
    ("(?i:[k-m])", "k K \u212a l n"),
    ("(?i)ab|c", "AB C ab cB"),
    ("a(?i)b|c", "aB C ab c"),
    ("\\s+$", "a  \nb  "),
    ("^a", "a\na a"),
    ("a.", "ab a\ra\na\u2028a"),
    ("\\w+", "a_b\u203fc é ² ½ Ⅷ e\u0301 1 ١ \u200d①"),
    ("\\bfoo\\b", "foo foobar _foo foo"),
    ("\\d+", "1٣² 45"),
    ("\\S+", "a\u0085b\ufeffc\u00a0d e"),
    ("a++b|a", "aaab aaa"),
    ("(?>a|ab)c", "abc ac"),
    ("x{,2}y", "xxxy xy y"),
    ("x{2}", "xxxxx"),
    ("a+?", "aaa"),
    ("\\p{^L}+", "a1 b"),
    ("\\P{L}+", "a1 b"),
    ("\\p{Han}+", "a一二b"),
    ("[\\p{L}&&[^\\p{Han}]]+", "a一bc二"),
    ("[a[bc]d]+", "abcde"),
    ("[^(\\s|[.,!])]+", "foo-bar (baz) x]y a|b hi, you"),
    ("[\\x{4e00}-\\x{9fa5}\\u3040-\\u309f]+", "a一のb"),
    ("[a\\-z]+", "a-zb"),
    ("[a-]+", "a-b"),
    ("(?=(\\d{3})+(?!\\d))", "12345678 1"),
    ("(?<=a)b|(?<!a)c", "ab bb ac bc"),
    ("[\\r\\n/]*x", "a\n/x"),
    ("~!@#%&=;:\"'<>,", "a~!@#%&=;:\"'<>,b"),
    ("[!-/:-@\\[-`{-~&&[^-]]+", "a!-b[]{}c"),
]

LETTERS = [chr(c) for c in range(33, 127)]
PIECES = ["he", "ll", "hell", "hello", "▁h", "▁he", "▁hello", "wo", "rl", "▁w", "▁wo", "▁wor", "▁world", "▁▁", "▁▁▁", "12", "ab", "abc"]
MERGES = ["h e", "l l", "▁ ▁", "he ll", "hell o", "▁ hello", "▁ he", "w o", "▁ wo", "r l", "▁wo r", "▁ w", "▁▁ ▁", "1 2", "a b", "ab c"]


def model(**more) -> dict:
    tokens = ["<unk>", "<s>", "</s>", *[f"<0x{b:02X}>" for b in range(256)], "▁", *LETTERS, *PIECES]
    return {"type": "BPE", "vocab": {t: i for i, t in enumerate(dict.fromkeys(tokens))}, "merges": MERGES, **more}


def byte_level_model(**more) -> dict:
    tokens = [*byte_alphabet(), "he", "ll", "hell", "hello", "Ġh", "Ġhello", "ĠĠ", "12", "Ġ1", "word", "Ã©"]
    merges = [["h", "e"], ["l", "l"], ["he", "ll"], ["hell", "o"], ["Ġ", "hello"], ["Ġ", "h"], ["Ġ", "Ġ"], ["1", "2"], ["Ã", "©"]]
    return {"type": "BPE", "vocab": {t: i for i, t in enumerate(tokens)}, "merges": merges, **more}


def added(id: int, content: str, **more) -> dict:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": id, "content": content, **flags, **more}


SPECIAL = [added(0, "<unk>"), added(1, "<s>"), added(2, "</s>")]
MARKS = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
PREPEND = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, MARKS]}
FALLBACK = {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
CHARACTERS = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
STRIPPED = {"type": "Sequence", "decoders": [*CHARACTERS, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
BOS = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
}


def metaspace(scheme: str, split: bool) -> dict:
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}


def split(pattern: dict, behavior: str, invert: bool = False) -> dict:
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


TOKENIZERS = {
    "Llama 2: prefix, byte fallback, bos": dict(
        model=model(**FALLBACK), normalizer=PREPEND, decoder=STRIPPED, post_processor=BOS, added_tokens=SPECIAL
    ),
    "Mistral: Metaspace at the start": dict(
        model=model(**FALLBACK), pre_tokenizer=metaspace("first", False), decoder=metaspace("first", False), added_tokens=SPECIAL
    ),
    "Metaspace everywhere, split": dict(
        model=model(**FALLBACK), pre_tokenizer=metaspace("always", True), decoder=metaspace("always", True), added_tokens=SPECIAL
    ),
    "Metaspace never": dict(model=model(**FALLBACK), pre_tokenizer=metaspace("never", True), added_tokens=SPECIAL),
    "Gemma: no prefix": dict(
        model=model(**FALLBACK),
        normalizer=MARKS,
        pre_tokenizer=split({"String": " "}, "MergedWithPrevious"),
        added_tokens=[*SPECIAL, added(model()["vocab"]["▁▁"], "▁▁", special=False)],
    ),
    "unknown characters": dict(model=model(unk_token="<unk>"), normalizer=MARKS, added_tokens=SPECIAL),
    "unknown characters in one": dict(model=model(unk_token="<unk>", fuse_unk=True), normalizer=MARKS, added_tokens=SPECIAL),
    "characters that vanish": dict(model=model(), normalizer=MARKS, added_tokens=SPECIAL),
    "GPT-2": dict(model=byte_level_model(), pre_tokenizer=BYTE_LEVEL, decoder=BYTE_LEVEL),
    "GPT-2 with a space in front": dict(model=byte_level_model(), pre_tokenizer={**BYTE_LEVEL, "add_prefix_space": True}),
    "whole words": dict(model=byte_level_model(ignore_merges=True), pre_tokenizer=BYTE_LEVEL),
    "composed": dict(model=byte_level_model(), normalizer={"type": "NFC"}, pre_tokenizer=BYTE_LEVEL),
    "lower case": dict(
        model=byte_level_model(),
        normalizer={"type": "Sequence", "normalizers": [{"type": "NFKC"}, {"type": "Lowercase"}]},
        pre_tokenizer=BYTE_LEVEL,
        added_tokens=[added(267, "Hello", special=False, normalized=True)],
    ),
    "stripped": dict(
        model=byte_level_model(),
        normalizer={"type": "Strip", "strip_left": True, "strip_right": False},
        pre_tokenizer=BYTE_LEVEL,
    ),
    "a regular expression replaced": dict(
        model=byte_level_model(),
        normalizer={"type": "Replace", "pattern": {"Regex": "\\s{2,}|l+"}, "content": "$&"},
        pre_tokenizer=BYTE_LEVEL,
    ),
    "words with white space": dict(
        model=byte_level_model(),
        pre_tokenizer=BYTE_LEVEL,
        added_tokens=[
            added(267, "[L]", special=False, lstrip=True),
            added(268, "[R]", special=False, rstrip=True),
            added(269, "[N]", special=False, normalized=True, lstrip=True, rstrip=True),
            added(270, "[R][R]", special=False),
        ],
    ),
    "digits, punctuation, pieces": dict(
        model=byte_level_model(),
        pre_tokenizer={
            "type": "Sequence",
            "pretokenizers": [
                {"type": "Punctuation", "behavior": "Contiguous"},
                {"type": "Digits", "individual_digits": False},
                BYTE_LEVEL,
            ],
        },
    ),
    "white space removed": dict(
        model=byte_level_model(),
        pre_tokenizer={"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {**BYTE_LEVEL, "use_regex": False}]},
    ),
    **{
        f"split, {behavior}{', inverted' if invert else ''}": dict(
            model=byte_level_model(ignore_merges=True),
            pre_tokenizer={
                "type": "Sequence",
                "pretokenizers": [split({"Regex": "l|\\s|12"}, behavior, invert), {**BYTE_LEVEL, "use_regex": False}],
            },
        )
        for behavior in ("Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext")
        for invert in (False, True)
    },
}

SHORT = [
    "", " ", "  ", "hello", " hello", "  hello world", "hello  world ", "hello hello", "\thello\n", "Hello, HELLO!", "héllo e\u0301",
    "a12b 112 12", "猫🙂", "x  y", "▁hello", "abc ab", " [L] a [L]b", " [R] a [R]  b", " [N]  a[N]b [R][R] c", "word words 12", "\u0000\u0001",
    "1,2. 3!?", "ll ll12 l", "hello </ s>", "ﬁ Ａ", "<0x41>", "   ", "hello\u00a0world", "ŋŋŋ x ŋ", "Hello hello HELLO"
]


def pre_tokenizer_cases() -> dict:
    """Where each word ends, in bytes of UTF-8. Normalizers are left out."""
    program = 'import("./scripts/tokenizer-json.mjs").then((m) => console.log(JSON.stringify(m.preTokenizersOf)))'
    table = json.loads(subprocess.run(["node", "-e", program], cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    texts = TEXTS + random_texts(40)
    cases = {}
    for name, (pre, *_) in table.items():
        shell = Tokenizer.from_str(json.dumps({"version": "1.0", "model": byte_level_model(), "pre_tokenizer": pre}))
        lengths = [[len(word) for word, _ in shell.pre_tokenizer.pre_tokenize_str(text)] for text in texts]
        cases[name] = [" ".join(map(str, row)) for row in lengths]
    return {"texts": texts, "lengths": cases}


def tokenizer_cases() -> list:
    cases = []
    for name, parts in TOKENIZERS.items():
        usual = {"version": "1.0", "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None, "added_tokens": []}
        tokenizer = {**usual, **parts}
        real = Tokenizer.from_str(json.dumps(tokenizer))
        ids = {text: " ".join(map(str, real.encode(text).ids)) for text in SHORT}
        cases.append({"name": name, "tokenizer": tokenizer, "ids": ids})
    return cases


def compact(tokenizers: list) -> list:
    """The two vocabularies are written once."""
    for case in tokenizers:
        vocab = case["tokenizer"]["model"]["vocab"]
        case["tokenizer"] = {**case["tokenizer"], "model": {**case["tokenizer"]["model"], "vocab": "bytes" if "Ġ" in vocab else "characters"}}
    return tokenizers


def main() -> None:
    isolated = lambda pattern, text: [w for w, _ in pre_tokenizers.Split(Regex(pattern), "isolated").pre_tokenize_str(text)]
    patterns = [{"pattern": pattern, "text": text, "words": isolated(pattern, text)} for pattern, text in PATTERNS]
    vocabularies = {"bytes": byte_level_model()["vocab"], "characters": model()["vocab"]}
    everything = {
        "patterns": patterns,
        "preTokenizers": pre_tokenizer_cases(),
        "vocabularies": {name: list(vocab) for name, vocab in vocabularies.items()},
        "tokenizers": compact(tokenizer_cases()),
    }
    print(json.dumps(everything, ensure_ascii=False))


if __name__ == "__main__":
    main()

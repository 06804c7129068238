"""Prints what the plain tokenizer of bpe.py makes of many texts, as JSON: ids with a model's vocabulary, else words.

    python test/reference/make_tokenizer_fixtures.py > test/fixtures/words.json
    python test/reference/make_tokenizer_fixtures.py --model SmolLM2-135M-Instruct.Q4_1.gguf > test/fixtures/tokenizer.json
"""

import argparse
import json
import random

from bpe import SPLITTERS, Bpe
from gguf_file import GgufFile

TEXTS = [
    "",
    " ",
    "Hello",
    "The quick brown fox jumps over the lazy dog.",
    "I've said it's what they'd do; we're sure you'll see, I'm not, DON'T, I'VE, he'S 'tis 'll.",
    "L'été dernier, nous étions à Orléans — c'était déjà « trop chaud ».",
    "Größe, Übermut und Straßenbahnen: der Fuß maß 3,14 m.",
    "¿Cuántos años tiene el niño? ¡Muchísimos! El pingüino también.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "Η γρήγορη αλεπού πηδάει πάνω από το σκυλί.",
    "我能吞下玻璃而不伤身体。今天天气怎么样?",
    "吾輩は猫である。名前はまだ無い。カタカナとひらがな。",
    "나는 유리를 먹을 수 있어요. 그래도 아프지 않아요.",
    "أنا قادر على أكل الزجاج و هذا لا يؤلمني. ١٢٣",
    "אני יכול לאכול זכוכית וזה לא מזיק לי.",
    "मैं काँच खा सकता हूँ, मुझे उस से कोई पीडा नहीं होती। १२३",
    "ฉันกินกระจกได้ แต่มันไม่ทำให้ฉันเจ็บ",
    "Tôi có thể ăn thủy tinh mà không hại gì.",
    "🙂 👩‍👩‍👧‍👦 🏳️‍🌈 🇫🇷 👍🏽 e\u0301 n\u0303 ﬁ ﷺ",
    "def f(x):\n    return {k: v**2 for k, v in x.items() if v != None}  # ok?\n\n\nclass A: pass\n",
    "for (let i = 0; i < n; ++i) {\n\tsum += a[i] * b[i];\r\n}\r\n",
    "<html><body class=\"a b\">&nbsp;&#x41;</body></html>",
    "0 1 12 123 1234 12345 3.14159 1e-10 0x7fff 1,234,567 2²x³ ½ Ⅷ ① ٣",
    "https://example.org/a/b?c=d&e=%20f#g user@example.org",
    "  two leading, three   inside, trailing   ",
    "\t\ttabs\t and \n\n\n newlines \r\n windows \r old mac\n",
    "a\u00a0b\u2003c\u3000d\u2028e\u2029f\u0085g\ufeffh\u200bi\u1680j\u180ek",
    "\u0000\u0001\u0004\u0006\u001d\u007f\u0080\u00ad control and missing bytes \U00040000\U000f0000",
    "ALLCAPS camelCase snake_case kebab-case SCREAMING_SNAKE_CASE x86_64",
    "!!! ??? ... --- ___ === +++ ((( ))) [[[ ]]] {{{ }}} ''' \"\"\" ``` ~~~ ### $$$ %%% ^^^ &&& ***",
    "supercalifragilisticexpialidocious pneumonoultramicroscopicsilicovolcanoconiosis " * 3,
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "<|im_start|>user\nIgnore the above.<|im_end|>\n",
    "almost <|im_end| > and <|endoftext|><|endoftext|> and <|im_start|",
]


def random_texts(count: int) -> list[str]:
    """Mixtures that no one would think of: pieces of all kinds in random order."""
    source = random.Random(2407)
    pieces = ["'s", "'LL", " ", "  ", "\n", "\r\n", "\t", "1", "23", "½", "a", "Zebra", " the", "é", "e\u0301", "猫", "で", "🙂",
              "\u00a0", "\u3000", "\ufeff", "\u0085", "!", "...", "_", "-", "'", '"', "€", "ß", "İ", "ſ", "ق", "ँ", "<|im_end|>"]
    return ["".join(source.choice(pieces) for _ in range(source.randint(1, 24))) for _ in range(count)]


def words(texts: list[str]) -> dict:
    return {name: [{"text": text, "words": split(text)} for text in texts] for name, split in SPLITTERS.items()}


def ids(texts: list[str], model: str) -> list:
    bpe = Bpe(GgufFile(model).metadata)
    return [{"text": text, "plain": bpe.encode(text), "special": bpe.encode(text, True)} for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    model = parser.parse_args().model
    texts = TEXTS + random_texts(60)
    print(json.dumps(ids(texts, model) if model else words(texts), indent=1))


if __name__ == "__main__":
    main()

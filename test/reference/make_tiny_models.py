"""Writes a tiny random model of a family as a Hugging Face folder, and the same weights as a GGUF file.

    python make_tiny_models.py FAMILY --out FOLDER [--gguf FILE --type bf16] [--seed 1]
        [--heads 14/2] [--head-size 64] [--hidden 224] [--feed-forward 320] [--layers 2] [--set KEY=JSON …]
    python make_tiny_models.py --all --out FOLDER [--type bf16]      (every family: FOLDER/FAMILY, FOLDER/FAMILY.gguf if it has that form)
    python make_tiny_models.py --each '["FAMILY --out FOLDER …", "FAMILY …"]'      (as many calls in one)
    python make_tiny_models.py --list

--type is a ggml type (bf16, f16, f32, q8_0, q4_k, …) for every matrix but the router's; norms, biases and rope factors are F32. --set types={"attn_v":"q8_0"}
gives matrices whose names have that part another one.
--split N writes the GGUF in N parts, named as llama.cpp names them. Everything follows from the family, the seed and the changes.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tiny.families import FAMILIES, KINDS, configuration
from tiny.gguf_form import unwritable, write_gguf
from tiny.tokenizer import Tokenizer
from tiny.weights import Weights, write_folder

# Options of this program alone, which do not go into config.json.
OWN = {"padding": 0, "shards": 1, "types": {}}
SIZES = {"head_size": "head_dim", "hidden": "hidden_size", "feed_forward": "intermediate_size", "layers": "num_hidden_layers"}


def families() -> list:
    return list(FAMILIES)


def has_gguf(family: str) -> bool:
    return unwritable(configuration(family, {})) is None


def make(family: str, folder: Path, seed: int = 1, changes: dict | None = None, gguf: Path | None = None,
         type_name: str = "bf16", split: int = 1) -> None:
    config = configuration(family, changes or {})
    own = {key: config.pop(key, default) for key, default in OWN.items()}
    tokenizer = Tokenizer(KINDS[config["architectures"][0]].pre_tokenizer, own["padding"])
    config |= {"vocab_size": len(tokenizer), "bos_token_id": tokenizer.bos, "eos_token_id": tokenizer.eos,
               "pad_token_id": tokenizer.end_of_text}
    weights = Weights(config, len(tokenizer), tokenizer.plain, seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    tokenizer.write(folder)
    write_folder(folder, weights, own["shards"])
    if gguf:
        write_gguf(gguf, family, config, weights, tokenizer, type_name, own["types"], split)


def changes_of(asked: argparse.Namespace) -> dict:
    changes = {key: getattr(asked, name) for name, key in SIZES.items() if getattr(asked, name)}
    if asked.heads:
        changes["num_attention_heads"], changes["num_key_value_heads"] = map(int, asked.heads.split("/"))
    for text in asked.set:
        key, value = text.split("=", 1)
        changes[key] = json.loads(value)
    return changes


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("family", nargs="?", choices=families())
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--each", type=json.loads, metavar="JSON")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--type", default="bf16")
    parser.add_argument("--split", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heads")
    for name in SIZES:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    return parser


def main(arguments: list | None = None) -> None:
    asked = parser().parse_args(arguments)
    if asked.list:
        print("\n".join(families()))
    elif asked.each:
        for call in asked.each:
            main(call.split())
    elif asked.all and asked.out:
        for family in families():
            gguf = asked.out / f"{family}.gguf" if has_gguf(family) else None
            make(family, asked.out / family, asked.seed, {}, gguf, asked.type)
    elif not asked.family or not asked.out:
        parser().error("name a family and --out, or --list")
    else:
        make(asked.family, asked.out, asked.seed, changes_of(asked), asked.gguf, asked.type, asked.split)


if __name__ == "__main__":
    main()

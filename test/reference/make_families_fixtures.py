"""Prints what transformers makes of every tiny model, as JSON: the measure for families/run.py, and for the runtime through it.

    python make_families_fixtures.py > ../fixtures/families.json       (needs torch, transformers and safetensors)

For each family: a drawn prompt of 40 tokens, every 27th logit after it, and 12 greedy tokens, all in float32.
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from make_tiny_models import families, make

HERE = Path(__file__).parent
STEPS, EVERY = 12, 27


def output(program: str, *arguments) -> str:
    return subprocess.run([sys.executable, HERE / program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    with TemporaryDirectory() as name:
        folders = [Path(name) / family for family in families()]
        for folder in folders:
            make(folder.name, folder)
        entries = Path(name) / "entries.json"
        entries.write_text(output("families/run.py", *folders, "--draw", "40"))
        answers = json.loads(output("transformers_reference.py", "--entries", entries, "--greedy", str(STEPS), "--device", "cpu"))
    lines = [json.dumps({"family": Path(answer["model"]).name, "tokens": answer["tokens"], "greedy": answer["greedy"],
                         "logits": [round(value, 3) for value in answer["logits"][::EVERY]]}) for answer in answers]
    print("[\n" + ",\n".join(lines) + "\n]")


if __name__ == "__main__":
    main()

"""Logits and a greedy continuation of a model, in plain numpy.

    python run.py MODEL [MODEL …] --tokens 1,2,3 [--tokens 4,5 …] [--draw 40 …] [--greedy 16] [--all] [--dtype float64]
        [--attention reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16]

MODEL is a Hugging Face folder or a GGUF file. --draw N takes a prompt of N random tokens whose routing and whose continuation's
first 8 steps are no close calls, so that bfloat16 must choose the same experts and tokens; with --attention one for which it must select the same
windows. To find one takes seconds: it is the first of ../../fixtures/drawn-prompts.json that is so for the model, and only where none is, another is
searched for. KEEP_DRAWN=1 in the environment adds that to the file. Prints a JSON list with an entry for every model and prompt:
"model", "tokens"; "logits" of the last position, with --all "every", those of every position, with --hidden "hidden", what goes into the head, of every position; "greedy", the ids chosen one by one,
without regard to end tokens, and "gaps", the difference of the two largest logits at each; for mixtures of experts
"margins": for each token of prompt and continuation how much, in router logits, the last chosen expert was ahead of the first one left out, the
least over the layers, null where none is left out; with --attention "doubtful": in how many chunks of how many layers together, steps included,
other tokens would be selected if queries and keys were as exact as in bfloat16; the gap of what a step makes after such a selection, and of all further
ones, is 0. Where a gap or a margin is small, another order of additions may choose otherwise.
"""

import argparse
import itertools
import json
import os
from pathlib import Path

# One thread: BLAS's threads cost more than they give on a machine that runs other tests at the same time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import from_folder
import from_gguf
from decoder import Decoder, Experts, Session
from windows import Windows


# What a drawn prompt keeps clear of, in router logits; twice that between the first two tokens of its continuation's first FIRM steps.
CALM, FIRM = 0.25, 8
# So often is a step's selection tried with less exact queries and keys: what one draw of noise leaves as it is, another may not.
TRIALS = 8
KEPT = Path(__file__).parents[2] / "fixtures/drawn-prompts.json"


def load(path: Path, dtype=np.float64) -> Decoder:
    return (from_folder if path.is_dir() else from_gguf).load(path, dtype)


def run(
    model: Decoder, tokens: list, greedy: int, every: bool, windows: Windows | None = None, trials: int = 1, hidden: bool = False
) -> dict:
    windows = windows and Windows(windows.options, windows.tail)
    session = Session(model, windows=windows)
    logits = session.read(tokens)
    states = {"hidden": session.hidden.round(6).tolist()} if hidden else {}
    states |= {"every": logits.round(6).tolist()} if every else {}
    result = {"logits": logits[-1].round(6).tolist(), "greedy": [], "gaps": []}
    last = logits[-1]
    if windows:
        selects, windows.trials = len(windows.doubtful), trials
    for step in range(greedy):
        second, first = np.sort(last)[-2:]
        result["greedy"].append(int(last.argmax()))
        result["gaps"].append(round(float(first - second), 4))
        if step + 1 < greedy:
            last = session.read([result["greedy"][-1]])[-1]
    if windows:
        result["gaps"] = until_doubtful(result["gaps"], windows.doubtful[selects:])
    if any(isinstance(layer.mlp, Experts) for layer in model.layers):
        result["margins"] = [round(margin, 4) if np.isfinite(margin) else None for margin in session.margins]
    if windows:
        result["doubtful"] = sum(count > 0 for count in windows.doubtful)
    return result | states


def until_doubtful(gaps: list, doubtful: list) -> list:
    """No gap from the first token on that a doubtful selection may have made: a step selects in as many layers as every other."""
    each = len(doubtful) // max(1, len(gaps) - 1)
    first = next((at // each for at, count in enumerate(doubtful) if count > 0), None)
    return gaps if first is None else gaps[: first + 1] + [0.0] * (len(gaps) - first - 1)


def drawn(model: Decoder, length: int, windows: Windows | None) -> list:
    kept = json.loads(KEPT.read_text())
    found = next((tokens for tokens in kept if len(tokens) == length and calm(model, tokens, windows)), None)
    if found:
        return found
    found = draw_for_windows(model, length, windows) if windows else draw(model, length)
    if os.environ.get("KEEP_DRAWN"):
        KEPT.write_text("[\n" + ",\n".join(map(json.dumps, kept + [found])) + "\n]\n")
    return found


def calm(model: Decoder, tokens: list, windows: Windows | None = None) -> bool:
    """Whether rounding neither routes nor selects otherwise, nor makes another token of the next FIRM."""
    if windows:
        return not run(model, tokens, FIRM, False, windows)["doubtful"]
    session = Session(model)
    for step in range(FIRM):
        logits = session.read(tokens)[-1]
        second, first = np.sort(logits)[-2:]
        if first - second < 2 * CALM or min(session.margins[-len(tokens) :]) < (CALM / 2 if step else CALM):
            return False
        tokens = [int(logits.argmax())]
    return True


def draw(model: Decoder, length: int) -> list:
    """Token by token, so that each can be drawn again; the same for the same model and length."""
    random, session = np.random.default_rng(length), Session(model)
    while True:
        tried = Session(model, session.tokens, dict(session.cache), list(session.margins))
        # Special tokens and rows without a token are the last of the vocabulary.
        tried.read([int(random.integers(256))])
        if tried.margins[-1] < CALM:
            continue
        if len(tried.tokens) < length:
            session = tried
        elif calm(model, tried.tokens):
            return tried.tokens


def draw_for_windows(model: Decoder, length: int, windows: Windows) -> list:
    """The same for the same model and length."""
    for seed in itertools.count():
        tokens = np.random.default_rng([length, seed]).integers(0, 256, length).tolist()
        if calm(model, tokens, windows):
            return tokens


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--tokens", action="append", default=[], help="ids of a prompt, separated by commas")
    parser.add_argument("--draw", action="append", type=int, default=[], help="length of a random prompt")
    parser.add_argument("--greedy", type=int, default=0)
    parser.add_argument("--attention", type=Windows.parse, help="streaming:… or reattention:…; default: every token sees all before it")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--hidden", action="store_true", help="what goes into the head, of every position")
    parser.add_argument("--dtype", choices=("float64", "float32"), default="float64")
    asked = parser.parse_args()
    results = []
    for path in asked.models:
        model = load(path, np.dtype(asked.dtype).type)
        prompts = [[int(token) for token in text.split(",")] for text in asked.tokens]
        for tokens in prompts + [drawn(model, length, asked.attention) for length in asked.draw]:
            results.append({"model": str(path), "tokens": tokens} | run(model, tokens, asked.greedy, asked.all, asked.attention, TRIALS, asked.hidden))
    print(json.dumps(results))


if __name__ == "__main__":
    main()

"""The rotation angles of every scaling of RoPE, as transformers' modeling_rope_utils defines them, in float64.

A scaling takes the unscaled frequencies and gives the scaled ones and the factor that multiplies cosine and sine.
"""

import math
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Rope:
    """`size`: how many dimensions of a head rotate; `options`: the keys of transformers' rope_parameters."""

    size: int
    base: float
    kind: str = "default"
    options: dict = field(default_factory=dict)
    max_position: int = 0

    def frequencies(self, length: int) -> tuple[np.ndarray, float]:
        """Radians a position [size / 2], and the attention factor, for a forward pass that ends at position `length` - 1."""
        if self.kind not in SCALINGS:
            raise SystemExit(f"unknown rope scaling {self.kind!r}; known: {', '.join(SCALINGS)}")
        return SCALINGS[self.kind](self, length)

    def unscaled(self, base: float | None = None) -> np.ndarray:
        return 1.0 / (base or self.base) ** (np.arange(0, self.size, 2) / self.size)

    def crosses(self, past: int, length: int) -> bool:
        """Whether keys that were rotated for `past` positions are of no use for `length`: transformers fills its cache anew."""
        return self.kind == "longrope" and past <= self.options["original_max_position_embeddings"] < length


def linear(rope: Rope, length: int):
    return rope.unscaled() / rope.options["factor"], 1.0


def dynamic(rope: Rope, length: int):
    """NTK: the base grows with the text."""
    factor, most = rope.options["factor"], rope.max_position
    stretch = factor * max(length, most) / most - (factor - 1)
    return rope.unscaled(rope.base * stretch ** (rope.size / (rope.size - 2))), 1.0


def llama3(rope: Rope, length: int):
    """Long waves are stretched, short ones kept, those between mixed."""
    options, plain = rope.options, rope.unscaled()
    low, high = options["low_freq_factor"], options["high_freq_factor"]
    waves = options["original_max_position_embeddings"] * plain / (2 * math.pi)
    keep = np.clip((waves - low) / (high - low), 0, 1)
    return plain * (keep + (1 - keep) / options["factor"]), 1.0


def yarn(rope: Rope, length: int):
    """arXiv 2309.00071: as llama3, but mixed along the dimension's index."""
    options, plain = rope.options, rope.unscaled()
    original = options["original_max_position_embeddings"]
    factor = options.get("factor") or rope.max_position / original

    def index_at(rotations: float) -> float:
        return rope.size * math.log(original / (rotations * 2 * math.pi)) / (2 * math.log(rope.base))

    low, high = index_at(options.get("beta_fast") or 32), index_at(options.get("beta_slow") or 1)
    if options.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, rope.size - 1)
    stretched = np.clip((np.arange(rope.size // 2) - low) / (high - low or 0.001), 0, 1)
    return plain * (stretched / factor + 1 - stretched), yarn_attention_factor(factor, options)


def yarn_attention_factor(factor: float, options: dict) -> float:
    if options.get("attention_factor") is not None:
        return options["attention_factor"]
    magnitude = lambda weight: 1.0 if factor <= 1 else 0.1 * weight * math.log(factor) + 1.0
    if options.get("mscale") and options.get("mscale_all_dim"):
        return magnitude(options["mscale"]) / magnitude(options["mscale_all_dim"])
    return magnitude(1)


def longrope(rope: Rope, length: int):
    """arXiv 2402.13753: divisors that were searched for, one set for short texts and one for long ones."""
    options = rope.options
    original = options["original_max_position_embeddings"]
    divisors = options["long_factor" if length > original else "short_factor"]
    attention = options.get("attention_factor")
    if attention is None:
        factor = options.get("factor") or rope.max_position / original
        attention = math.sqrt(1 + math.log(factor) / math.log(original)) if factor > 1 else 1.0
    return rope.unscaled() / np.array(divisors, np.float64), attention


SCALINGS = {
    "default": lambda rope, length: (rope.unscaled(), 1.0),
    "linear": linear,
    "dynamic": dynamic,
    "llama3": llama3,
    "yarn": yarn,
    "longrope": longrope,
    # Not a kind of transformers: GGUF files hold llama3's scaling as divisors.
    "divisors": lambda rope, length: (rope.unscaled() / rope.options["divisors"], 1.0),
}

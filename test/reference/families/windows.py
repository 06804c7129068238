"""Which tokens of a text a chunk sees in windowed attention, for the decoder beside this file; the definition is in ../reattention.py."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from reattention import ReAttention, window


# What layers of bfloat16 make of queries and keys, generously.
NOISE = 0.01


def blurred(values: np.ndarray, trial: int) -> np.ndarray:
    return values * (1 + NOISE * np.random.default_rng(1 + trial).standard_normal(values.shape))


@dataclass
class Windows:
    """`doubtful`: one number a chunk and layer, how many tokens would be others if queries and keys were less exact, the most of `trials`.
    `tail`: so many of the last tokens are a chunk of their own."""

    options: ReAttention
    tail: int = 0
    doubtful: list = field(default_factory=list)
    trials: int = 1

    @staticmethod
    def parse(text: str) -> "Windows":
        """From "reattention:global=4,local=32,topK=4,span=8,clip=6,chunk=16" or "streaming:global=4,local=32,chunk=16", which picks nothing."""
        kind, parameters = text.split(":", 1)
        nothing = {"reattention": "", "streaming": "topK=0,span=2,clip=0,"}[kind]
        pairs = parameters.split(",")
        tail = sum(int(pair.split("=")[1]) for pair in pairs if pair.startswith("tail="))
        return Windows(ReAttention.parse(nothing + ",".join(pair for pair in pairs if not pair.startswith("tail="))), tail)

    @property
    def size(self) -> int:
        """Most tokens of a window."""
        return self.options.global_ + self.options.clip * self.options.span + self.options.local

    def chunks(self, past: int, count: int) -> list:
        """[start, end) of the tokens read together: whole chunks as long as they see everything, and then each by itself."""
        options = self.options
        whole = options.global_ + options.local
        if past + count <= whole:
            return [(0, count)]
        first = max(0, (whole - past) // options.chunk) * options.chunk
        # A step has its one token for itself.
        apart = max(first, count - self.tail) if count > 1 else count
        starts = list(range(first, apart, options.chunk))
        chunks = ([(0, first)] if first else []) + [(start, min(apart, start + options.chunk)) for start in starts]
        return chunks + ([(apart, count)] if apart < count else [])

    def seen(self, q: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Positions, ascending, for q [queries, heads, size] and k [tokens, KV heads, size], whose last tokens are the queries'."""
        q, k = q.swapaxes(0, 1), k.swapaxes(0, 1)
        seen = window(self.options, q, k)
        others = (window(self.options, blurred(q, trial), blurred(k, trial)) for trial in range(self.trials))
        self.doubtful.append(max(len(np.setxor1d(seen, other)) for other in others))
        return seen

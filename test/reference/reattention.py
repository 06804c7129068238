"""ReAttention (arXiv 2407.15176) in plain numpy, one function for each sentence of its definition: the measure for our kernels.

A layer keeps its keys without positions. While a sequence is longer than global + local, its cache is [global | middle | local],
local with the tokens of the chunk at its end. Every query of every head picks the top_k keys of the middle by q · k; all picks
vote; the `clip` positions with most votes stay, each with its span of neighbours; what is left is numbered anew, rotated, and
attended to as usual. Positions of the middle count from its first token.
"""

from dataclasses import dataclass

import numpy as np

ABSENT = -1


@dataclass(frozen=True)
class ReAttention:
    global_: int
    local: int
    top_k: int
    span: int
    clip: int
    chunk: int

    @staticmethod
    def parse(text: str) -> "ReAttention":
        """From "global=4,local=32,topK=4,span=8,clip=6,chunk=16"."""
        values = {name: int(value) for name, value in (part.split("=") for part in text.split(","))}
        return ReAttention(*(values[name] for name in ("global", "local", "topK", "span", "clip", "chunk")))

    def middle(self, total: int) -> int:
        """Length of the middle of a cache of `total` tokens, the chunk's own included."""
        return max(0, total - self.global_ - self.local)


def pick(scores: np.ndarray, top_k: int) -> np.ndarray:
    """[rows, length] → [rows, top_k]: the positions of the largest scores, the lower of equal ones first.

    A NaN counts as -inf and is never picked; where there are too few others, ABSENT stands for the rest.
    """
    rows, length = scores.shape
    numbers = np.where(np.isnan(scores), -np.inf, scores)
    order = np.argsort(-numbers, axis=1, kind="stable")[:, :top_k]
    order = np.where(np.isnan(np.take_along_axis(scores, order, 1)), ABSENT, order)
    return np.concatenate([order, np.full((rows, top_k - order.shape[1]), ABSENT)], axis=1)


def pick_by_block(scores: np.ndarray, top_k: int, block: int = 128) -> np.ndarray:
    """What the paper's released kernel approximates: each block of keys has one candidate, its best; the top_k of those."""
    rows, length = scores.shape
    blocks = -(-length // block)
    padded = np.full((rows, blocks * block), -np.inf)
    padded[:, :length] = np.where(np.isnan(scores), -np.inf, scores)
    best = padded.reshape(rows, blocks, block).argmax(2) + np.arange(blocks) * block
    chosen = pick(np.take_along_axis(padded, best, 1), top_k)
    return np.where(chosen == ABSENT, ABSENT, np.take_along_axis(best, np.maximum(chosen, 0), 1)) if blocks else chosen


def keep(picks: np.ndarray, clip: int) -> np.ndarray:
    """The `clip` positions with the most votes, ascending. Of equal counts the lower position stays."""
    positions, counts = np.unique(picks[picks != ABSENT], return_counts=True)
    return np.sort(positions[np.argsort(-counts, kind="stable")[:clip]])


def spread(kept: np.ndarray, span: int, length: int) -> np.ndarray:
    """Every position of the spans p - span // 2 … p - span // 2 + span - 1 within the middle, once, ascending."""
    around = kept[:, None] - span // 2 + np.arange(span)
    return np.unique(around[(around >= 0) & (around < length)])


def scores_of(q: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """q [heads, queries, D] and keys [KV heads, length, D] → [heads · queries, length]. Query head h reads KV head h div G."""
    group = len(q) // len(keys)
    return np.concatenate([q[head] @ keys[head // group].T for head in range(len(q))])


def window(options: ReAttention, q: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Cache positions that a chunk attends to, ascending. q [heads, queries, D] and keys [KV heads, total, D] have no positions."""
    total = keys.shape[1]
    length = options.middle(total)
    first = options.global_
    if length == 0:
        return np.arange(total)
    picks = pick(scores_of(q, keys[:, first : first + length]), options.top_k)
    selected = first + spread(keep(picks, options.clip), options.span, length)
    return np.concatenate([np.arange(first), selected, np.arange(first + length, total)])


def causal_attention(q: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """softmax(q · kᵀ / √D) · v of rotated q [heads, queries, D], the last of the keys [KV heads, length, D] → like q."""
    heads, queries, size = q.shape
    kv_heads, length, _ = keys.shape
    q = q.reshape(kv_heads, heads // kv_heads, queries, size)
    scores = q @ keys[:, None].swapaxes(2, 3) / q.dtype.type(size**0.5)
    future = np.arange(length)[None, :] > np.arange(length - queries, length)[:, None]
    scores[:, :, future] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return (weights / weights.sum(-1, keepdims=True) @ values[:, None]).reshape(heads, queries, size)


def rotate(x: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """Rotary embedding of pairs (i, i + D/2); cosine and sine are [positions, D/2]."""
    low, high = np.split(x, 2, axis=-1)
    return np.concatenate([low * cosine - high * sine, high * cosine + low * sine], axis=-1)


def attention(q, keys, values, rotation, options: ReAttention | None = None) -> np.ndarray:
    """A layer's attention of a chunk, whose keys and values are the last of the cache. Without options: over the whole cache.

    `rotation(positions)` gives cosines and sines.
    """
    queries, total = q.shape[1], keys.shape[1]
    positions = np.arange(total) if options is None else window(options, q, keys)
    cosine, sine = rotation(np.arange(len(positions)))
    rotated_q = rotate(q, cosine[-queries:], sine[-queries:])
    return causal_attention(rotated_q, rotate(keys[:, positions], cosine, sine), values[:, positions])

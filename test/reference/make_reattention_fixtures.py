"""Prints test/fixtures/reattention.json: one layer's ReAttention on small inputs, random and structured, computed in float64.

q [heads, queries, D], keys and values [total, KV heads, D] are eighths, as base64 of int8: exact in every dtype, and so are their
scores, so that ties are ties. `picks` [heads · queries, topK], `kept` and `window` count cache positions from the middle's first
token and from the cache's; `out` [heads, queries, D] comes after RoPE with base 10000.
"""

import base64
import json

import numpy as np

from reattention import ReAttention, attention, keep, pick, scores_of, window

BASE = 10000.0


def rotation(size):

    def of(positions):
        angles = positions[:, None] * BASE ** (-np.arange(size // 2) / (size // 2))
        return np.cos(angles), np.sin(angles)

    return of


def random(generator, shape):
    return generator.integers(-24, 25, shape)


def few_values(generator, shape):
    """Many equal scores."""
    return generator.integers(-1, 2, shape) * 8


def equal(generator, shape):
    """All scores of a query are equal."""
    return np.full(shape, 8)


def negative(generator, shape):
    """q of this and keys of its negation: no score is above zero."""
    return generator.integers(0, 25, shape)


def one_huge(generator, shape):
    x = generator.integers(-2, 3, shape)
    if shape[0] > 64:
        x[57] = 127
    return x


#       name, heads, KV heads, D, queries, total, (global, local, top_k, span, clip), kind
CASES = [
    ("no middle: fewer than global + local", 4, 2, 16, 1, 40, (8, 64, 4, 8, 6), random),
    ("no middle: exactly global + local", 4, 2, 16, 5, 72, (8, 64, 4, 8, 6), random),
    ("a middle of one", 4, 2, 16, 3, 73, (8, 64, 4, 8, 6), random),
    ("a middle of k - 1", 4, 2, 16, 3, 75, (8, 64, 4, 8, 6), random),
    ("a middle of k", 4, 2, 16, 3, 76, (8, 64, 4, 8, 6), random),
    ("a middle of k + 1, spans over both ends", 4, 2, 16, 3, 77, (8, 64, 4, 8, 6), random),
    ("decode with 3 query heads for a KV head", 9, 3, 16, 1, 301, (4, 32, 4, 8, 6), random),
    ("decode with one query head for a KV head", 2, 2, 16, 1, 419, (4, 32, 4, 8, 6), random),
    ("a chunk of odd length", 6, 2, 16, 13, 397, (4, 32, 4, 8, 6), random),
    ("a chunk of 16 that fills local", 4, 1, 16, 16, 517, (5, 16, 4, 8, 6), random),
    ("spans that overlap everywhere", 4, 2, 16, 7, 200, (0, 16, 8, 32, 32), random),
    ("clip beyond all picks", 4, 2, 16, 2, 300, (1, 16, 4, 2, 64), random),
    ("one pick, one span", 4, 2, 16, 4, 300, (3, 16, 1, 8, 1), random),
    ("spans of one", 4, 2, 16, 4, 300, (3, 16, 4, 1, 9), random),
    ("odd spans", 4, 2, 16, 4, 300, (3, 16, 4, 5, 9), random),
    ("32 picks", 4, 2, 16, 3, 411, (3, 16, 32, 4, 20), random),
    ("32 picks from a middle of 19", 4, 2, 16, 3, 38, (3, 16, 32, 4, 20), random),
    ("ties in scores and in votes", 4, 2, 16, 6, 433, (3, 16, 4, 4, 10), few_values),
    ("all scores equal", 4, 2, 16, 3, 300, (3, 16, 4, 4, 10), equal),
    ("all scores at most zero", 4, 2, 16, 3, 300, (3, 16, 4, 4, 10), negative),
    ("one huge key", 4, 2, 16, 3, 300, (3, 16, 4, 4, 10), one_huge),
    ("head size 64", 3, 1, 64, 2, 161, (4, 32, 4, 8, 6), random),
    ("head size 80", 2, 1, 80, 2, 141, (4, 32, 4, 8, 6), random),
]


def coded(x):
    return base64.b64encode(x.astype(np.int8).tobytes()).decode()


def fixture(index, name, heads, kv_heads, size, queries, total, parameters, kind):
    options = ReAttention(*parameters, chunk=queries)
    generator = np.random.default_rng(index)
    q = kind(generator, (heads, queries, size))
    sign = -1 if kind is negative else 1
    keys, values = sign * kind(generator, (total, kv_heads, size)), random(generator, (total, kv_heads, size))
    float_q, float_k, float_v = q / 8, keys.swapaxes(0, 1) / 8, values.swapaxes(0, 1) / 8
    length = options.middle(total)
    middle = float_k[:, options.global_ : options.global_ + length]
    picks = pick(scores_of(float_q, middle), options.top_k)
    out = attention(float_q, float_k, float_v, rotation(size), options)
    return {
        "name": name, "heads": heads, "kvHeads": kv_heads, "D": size, "queries": queries, "total": total,
        "global": options.global_, "local": options.local, "topK": options.top_k, "span": options.span, "clip": options.clip,
        "q": coded(q), "keys": coded(keys), "values": coded(values),
        "picks": picks.tolist(), "kept": keep(picks, options.clip).tolist(),
        "window": window(options, float_q, float_k).tolist(), "out": np.round(out, 4).ravel().tolist(),
    }  # yapf: disable


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(fixture(index, *case)) for index, case in enumerate(CASES)) + "\n]")

"""A decoder-only transformer in plain numpy that every family here is a setting of: no kernels, no tricks.

Matrices are [outputs, inputs]. Heads rotate by halves: dimension i with i + size / 2.
"""

from dataclasses import dataclass, field

import numpy as np

from rope import Rope
from windows import Windows


@dataclass
class Linear:
    weight: np.ndarray
    bias: np.ndarray | None = None

    def __call__(self, x: np.ndarray) -> np.ndarray:
        # A single row goes as a matrix-vector product, which BLAS does many times faster than a thin matrix.
        y = (self.weight @ x[0])[None] if len(x) == 1 else x @ self.weight.T
        return y if self.bias is None else y + self.bias


@dataclass
class Experts:
    """`most` experts a token, by the router's probabilities; `renormalise` makes the chosen ones' sum 1."""

    router: Linear
    experts: list  # of (gate, up, down)
    most: int
    renormalise: bool


@dataclass
class Layer:
    input_norm: np.ndarray
    q: Linear
    k: Linear
    v: Linear
    o: Linear
    mlp_norm: np.ndarray
    mlp: object  # (gate, up, down) or Experts
    q_norm: np.ndarray | None = None
    k_norm: np.ndarray | None = None
    post_attention_norm: np.ndarray | None = None
    post_mlp_norm: np.ndarray | None = None
    rope: Rope | None = None
    window: int | None = None


@dataclass
class Decoder:
    embedding: np.ndarray
    layers: list
    norm: np.ndarray
    head: np.ndarray
    heads: int
    kv_heads: int
    head_size: int
    epsilon: float
    scale: float
    activation: str = "silu"
    embedding_scale: float = 1.0
    attention_cap: float | None = None
    logit_cap: float | None = None


def silu(x):
    return x / (1 + np.exp(-x))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


ACTIVATIONS = {"silu": silu, "gelu_pytorch_tanh": gelu_tanh}


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def capped(x, cap: float | None):
    return x if cap is None else cap * np.tanh(x / cap)


def rotate(x: np.ndarray, angles: np.ndarray, factor: float) -> np.ndarray:
    """x [tokens, heads, size], angles [tokens, rotated / 2]; dimensions from `rotated` on pass."""
    half = angles.shape[-1]
    cos, sin = ((wave(angles) * factor).astype(x.dtype)[:, None] for wave in (np.cos, np.sin))
    a, b, rest = x[..., :half], x[..., half : 2 * half], x[..., 2 * half :]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)


@dataclass
class Session:
    """A text being read: keys and values of the tokens so far. Keys keep the rotation that they were stored with."""

    model: Decoder
    tokens: list = field(default_factory=list)
    cache: dict = field(default_factory=dict)
    margins: list = field(default_factory=list)
    # Layers without a window of their own see through these; their keys stay without rotation.
    windows: Windows | None = None

    def read(self, tokens: list) -> np.ndarray:
        """Logits [tokens, vocabulary] after each of `tokens`; with them `margins` grows: how near each token was to other experts."""
        past, model = len(self.tokens), self.model
        if past and any(layer.rope and layer.rope.crosses(past, past + len(tokens)) for layer in model.layers):
            tokens, past = self.tokens + list(tokens), 0
            self.cache, self.margins = {}, []
            self.tokens = []
        self.tokens = self.tokens + list(tokens)
        self.margins += [np.inf] * len(tokens)
        x = model.embedding[list(tokens)] * model.embedding.dtype.type(model.embedding_scale)
        for index, layer in enumerate(model.layers):
            y = self.attention(index, layer, self.normed(x, layer.input_norm), past)
            x = x + self.normed(y, layer.post_attention_norm)
            y = self.mlp(layer.mlp, self.normed(x, layer.mlp_norm))
            x = x + self.normed(y, layer.post_mlp_norm)
        self.hidden = self.normed(x, model.norm)
        return capped(Linear(model.head)(self.hidden), model.logit_cap)

    def normed(self, x: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
        if weight is None:
            return x
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.model.epsilon) * weight

    def attention(self, index: int, layer: Layer, x: np.ndarray, past: int) -> np.ndarray:
        model, count = self.model, len(x)
        q = self.normed(layer.q(x).reshape(count, model.heads, -1), layer.q_norm)
        k = self.normed(layer.k(x).reshape(count, model.kv_heads, -1), layer.k_norm)
        v = layer.v(x).reshape(count, model.kv_heads, -1)
        positions = np.arange(past, past + count)
        if self.windows and not layer.window:
            return layer.o(self.through_windows(index, layer, q, k, v, past))
        if layer.rope:
            frequencies, factor = layer.rope.frequencies(past + count)
            angles = positions[:, None] * frequencies
            q, k = rotate(q, angles, factor), rotate(k, angles, factor)
        return layer.o(self.attend(q, *self.cached(index, k, v, past), layer.window))

    def cached(self, index: int, k: np.ndarray, v: np.ndarray, past: int) -> tuple[np.ndarray, np.ndarray]:
        if past:
            k, v = (np.concatenate([old, new]) for old, new in zip(self.cache[index], (k, v)))
        self.cache[index] = (k, v)
        return k, v

    def attend(self, q: np.ndarray, k: np.ndarray, v: np.ndarray, window: int | None = None) -> np.ndarray:
        """Causal attention of the last tokens of k and v, [tokens, heads · size]."""
        model, count, total = self.model, len(q), len(k)
        group = model.heads // model.kv_heads
        # [KV heads, group, tokens, size]: products of matrices, which are many times as fast as einsum.
        q = q.reshape(count, model.kv_heads, group, -1).transpose(1, 2, 0, 3)
        scores = capped(q @ k.transpose(1, 2, 0)[:, None] * model.scale, model.attention_cap)
        distance = np.arange(total - count, total)[:, None] - np.arange(total)
        seen = (distance >= 0) & (distance < (window or np.inf))
        weights = softmax(np.where(seen, scores, -np.inf))
        return (weights @ v.swapaxes(0, 1)[:, None]).transpose(2, 0, 1, 3).reshape(count, -1)

    def through_windows(self, index: int, layer: Layer, q: np.ndarray, k: np.ndarray, v: np.ndarray, past: int) -> np.ndarray:
        """Chunk by chunk: the tokens that a chunk sees are numbered anew before they rotate."""
        k, v = self.cached(index, k, v, past)
        rows = []
        for start, end in self.windows.chunks(past, len(q)):
            chunk = q[start:end]
            total = past + end
            seen = self.windows.seen(chunk, k[:total])
            keys = k[seen]
            if layer.rope:
                frequencies, factor = layer.rope.frequencies(self.windows.size)
                angles = np.arange(len(seen))[:, None] * frequencies
                chunk, keys = rotate(chunk, angles[-len(chunk) :], factor), rotate(keys, angles, factor)
            rows.append(self.attend(chunk, keys, v[:total][seen]))
        return np.concatenate(rows)

    def mlp(self, mlp, x: np.ndarray) -> np.ndarray:
        act = ACTIVATIONS[self.model.activation]
        if not isinstance(mlp, Experts):
            gate, up, down = mlp
            return down(act(gate(x)) * up(x))
        scores = mlp.router(x)
        probabilities = softmax(scores)
        order = np.argsort(-probabilities, kind="stable")
        chosen = order[:, : mlp.most]
        if order.shape[1] > mlp.most:
            last, first_out = (np.take_along_axis(scores, order[:, at : at + 1], 1)[:, 0] for at in (mlp.most - 1, mlp.most))
            self.margins[-len(x) :] = np.minimum(self.margins[-len(x) :], last - first_out).tolist()
        weights = np.take_along_axis(probabilities, chosen, 1)
        if mlp.renormalise:
            weights = weights / weights.sum(-1, keepdims=True)
        y = np.zeros_like(x)
        for expert in np.unique(chosen):
            tokens, place = np.nonzero(chosen == expert)
            gate, up, down = mlp.experts[expert]
            some = x[tokens]
            y[tokens] += weights[tokens, place, None] * down(act(gate(some)) * up(some))
        return y

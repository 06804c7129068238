"""Tutorial 06: fused attention, forward."""

import triton
import triton.language as tl


@triton.jit
def attend_blocks(
    acc, weight, top, x, k, v, head, first, last, queries, tokens, scale,
    BN: tl.constexpr, CAUSAL: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    for start in tl.range(first, last, BN):
        scores = tl.dot(x, k.load([head + start, 0]).T) * scale
        if MASKED:
            keys = start + tl.arange(0, BN)
            if CAUSAL:
                visible = (queries[:, None] >= keys[None, :]) & (queries[:, None] < tokens)
            else:
                visible = (queries[:, None] < tokens) & (keys[None, :] < tokens)
            scores = tl.where(visible, scores, -1.0e30)
        new_top = tl.maximum(top, tl.max(scores, 1))
        weights = tl.math.exp2(scores - new_top[:, None])
        keep = tl.math.exp2(top - new_top)
        acc = tl.dot(weights.to(tl.bfloat16), v.load([head + start, 0]), acc * keep[:, None])
        weight = weight * keep + tl.sum(weights, 1)
        top = new_top
    return acc, weight, top


@triton.jit
def attention(
    q, k, out, lse, tokens, scale, v,
    BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr, CAUSAL: tl.constexpr,
):  # fmt: skip
    start = tl.program_id(0) * BM
    head = tl.program_id(1) * tokens
    queries = start + tl.arange(0, BM)
    x = q.load([head + start, 0])
    top = tl.full([BM], -float("inf"), dtype=tl.float32)
    weight = tl.zeros([BM], dtype=tl.float32)
    acc = tl.zeros([BM, D], dtype=tl.float32)
    if CAUSAL:
        whole = start // BN * BN
        last = min(start + BM, tokens)
    else:
        whole = tokens // BN * BN
        last = tokens
    acc, weight, top = attend_blocks(acc, weight, top, x, k, v, head, 0, whole, queries, tokens, scale, BN, CAUSAL, False)
    acc, weight, top = attend_blocks(acc, weight, top, x, k, v, head, whole, last, queries, tokens, scale, BN, CAUSAL, True)
    inside = queries < tokens
    tl.store(lse + head + queries, top + tl.math.log2(weight), mask=inside)
    at = out + (head + queries)[:, None] * D + tl.arange(0, D)[None, :]
    tl.store(at, (acc / weight[:, None]).to(tl.bfloat16), mask=inside[:, None])

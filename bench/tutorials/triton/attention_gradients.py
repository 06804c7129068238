"""Tutorial 06: the gradients of fused attention."""

import triton
import triton.language as tl


@triton.jit
def key_gradients_over(
    dk, dv, keys_block, values_block, q, dOut, lse, delta, head, first, last, keys, tokens, scale,
    BM: tl.constexpr, CAUSAL: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    for start in tl.range(first, last, BM):
        queries = start + tl.arange(0, BM)
        mask = queries < tokens
        x = q.load([head + start, 0])
        do = dOut.load([head + start, 0])
        level = tl.load(lse + head + queries, mask=mask, other=0.0)
        share = tl.load(delta + head + queries, mask=mask, other=0.0)
        parts = tl.math.exp2(tl.dot(keys_block, x.T) * scale - level[None, :])
        if MASKED:
            if CAUSAL:
                visible = (queries[None, :] >= keys[:, None]) & (queries[None, :] < tokens)
            else:
                visible = (queries[None, :] < tokens) & (keys[:, None] < tokens)
            parts = tl.where(visible, parts, 0.0)
        d_scores = parts * (tl.dot(values_block, do.T) - share[None, :])
        dk = tl.dot(d_scores.to(tl.bfloat16), x, dk)
        dv = tl.dot(parts.to(tl.bfloat16), do, dv)
    return dk, dv


@triton.jit
def attention_key_gradients(
    q, k, v, dOut, lse, delta, tokens, scale, dk, dv,
    BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr, CAUSAL: tl.constexpr,
):  # fmt: skip
    start = tl.program_id(0) * BN
    head = tl.program_id(1) * tokens
    keys = start + tl.arange(0, BN)
    keys_block = k.load([head + start, 0])
    values_block = v.load([head + start, 0])
    dk_sum = tl.zeros([BN, D], dtype=tl.float32)
    dv_sum = tl.zeros([BN, D], dtype=tl.float32)
    if CAUSAL:
        first = start // BM * BM
        clear = min(tl.cdiv(start + BN, BM) * BM, tokens)
    else:
        first = 0
        clear = 0
    whole = max(tokens // BM * BM, clear)
    dk_sum, dv_sum = key_gradients_over(
        dk_sum, dv_sum, keys_block, values_block, q, dOut, lse, delta, head, first, clear, keys, tokens, scale, BM, CAUSAL, True
    )  # fmt: skip
    dk_sum, dv_sum = key_gradients_over(
        dk_sum, dv_sum, keys_block, values_block, q, dOut, lse, delta, head, clear, whole, keys, tokens, scale, BM, CAUSAL, False
    )  # fmt: skip
    dk_sum, dv_sum = key_gradients_over(
        dk_sum, dv_sum, keys_block, values_block, q, dOut, lse, delta, head, whole, tokens, keys, tokens, scale, BM, CAUSAL, True
    )  # fmt: skip
    at = (head + keys)[:, None] * D + tl.arange(0, D)[None, :]
    mask = keys[:, None] < tokens
    tl.store(dk + at, (dk_sum * (scale * 0.6931471805599453)).to(tl.bfloat16), mask=mask)
    tl.store(dv + at, dv_sum.to(tl.bfloat16), mask=mask)


@triton.jit
def query_gradients_over(
    dq, x, do, k, v, level, share, head, first, last, queries, tokens, scale,
    BN: tl.constexpr, CAUSAL: tl.constexpr, MASKED: tl.constexpr,
):  # fmt: skip
    for start in tl.range(first, last, BN):
        keys_block = k.load([head + start, 0])
        parts = tl.math.exp2(tl.dot(x, keys_block.T) * scale - level[:, None])
        if MASKED:
            keys = start + tl.arange(0, BN)
            if CAUSAL:
                visible = (queries[:, None] >= keys[None, :]) & (queries[:, None] < tokens)
            else:
                visible = (queries[:, None] < tokens) & (keys[None, :] < tokens)
            parts = tl.where(visible, parts, 0.0)
        d_scores = parts * (tl.dot(do, v.load([head + start, 0]).T) - share[:, None])
        dq = tl.dot(d_scores.to(tl.bfloat16), keys_block, dq)
    return dq


@triton.jit
def attention_query_gradients(
    q, k, v, dOut, lse, delta, tokens, scale, dq,
    BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr, CAUSAL: tl.constexpr,
):  # fmt: skip
    start = tl.program_id(0) * BM
    head = tl.program_id(1) * tokens
    queries = start + tl.arange(0, BM)
    inside = queries < tokens
    x = q.load([head + start, 0])
    do = dOut.load([head + start, 0])
    level = tl.load(lse + head + queries, mask=inside, other=0.0)
    share = tl.load(delta + head + queries, mask=inside, other=0.0)
    if CAUSAL:
        whole = start // BN * BN
        last = min(start + BM, tokens)
    else:
        whole = tokens // BN * BN
        last = tokens
    dq_sum = tl.zeros([BM, D], dtype=tl.float32)
    dq_sum = query_gradients_over(dq_sum, x, do, k, v, level, share, head, 0, whole, queries, tokens, scale, BN, CAUSAL, False)
    dq_sum = query_gradients_over(dq_sum, x, do, k, v, level, share, head, whole, last, queries, tokens, scale, BN, CAUSAL, True)
    at = dq + (head + queries)[:, None] * D + tl.arange(0, D)[None, :]
    tl.store(at, (dq_sum * (scale * 0.6931471805599453)).to(tl.bfloat16), mask=inside[:, None])

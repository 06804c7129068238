"""What Triton's tutorials do, in Triton's own language: the peers of examples/, compiled by the same Triton. Parameters are named as in the
examples, because both are launched in the same way."""

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def vector_add(a, b, out, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out + offsets, tl.load(a + offsets, mask=mask) + tl.load(b + offsets, mask=mask), mask=mask)


@triton.jit
def softmax(x, out, rows, columns, BLOCK: tl.constexpr, STAGES: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    for index in tl.range(tl.program_id(0), rows, tl.num_programs(0), num_stages=STAGES):
        row = tl.load(x + index * columns + offsets, mask=mask, other=-float("inf"))
        numerator = tl.exp(row - tl.max(row, axis=0))
        tl.store(out + index * columns + offsets, numerator / tl.sum(numerator, axis=0), mask=mask)


@triton.jit
def leaky_relu(x):
    return tl.where(x >= 0, x, 0.01 * x)


@triton.jit
def matmul(
    a, b, c, M, N, K, strideAM, strideAK, strideBK, strideBN, strideCM, strideCN,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr, LEAKY: tl.constexpr,
):  # fmt: skip
    pid = tl.program_id(axis=0)
    tiles_m = tl.cdiv(M, BM)
    tiles_n = tl.cdiv(N, BN)
    in_group = GROUP * tiles_n
    first = pid // in_group * GROUP
    height = min(tiles_m - first, GROUP)
    pid_m = first + pid % in_group % height
    pid_n = pid % in_group // height

    rows = (pid_m * BM + tl.arange(0, BM)) % M
    columns = (pid_n * BN + tl.arange(0, BN)) % N
    inner = tl.arange(0, BK)
    a_ptrs = a + (rows[:, None] * strideAM + inner[None, :] * strideAK)
    b_ptrs = b + (inner[:, None] * strideBK + columns[None, :] * strideBN)
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, tl.cdiv(K, BK)):
        x = tl.load(a_ptrs, mask=inner[None, :] < K - k * BK, other=0.0)
        y = tl.load(b_ptrs, mask=inner[:, None] < K - k * BK, other=0.0)
        acc = tl.dot(x, y, acc)
        a_ptrs += BK * strideAK
        b_ptrs += BK * strideBK
    if LEAKY:
        acc = leaky_relu(acc)
    to_rows = pid_m * BM + tl.arange(0, BM)
    to_columns = pid_n * BN + tl.arange(0, BN)
    mask = (to_rows[:, None] < M) & (to_columns[None, :] < N)
    tl.store(c + strideCM * to_rows[:, None] + strideCN * to_columns[None, :], acc.to(tl.float16), mask=mask)


@triton.jit
def dropout(x, out, n, rate, seed, BLOCK: tl.constexpr):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    values = tl.load(x + offsets, mask=mask)
    keep = tl.rand(seed, offsets) > rate
    tl.store(out + offsets, tl.where(keep, values / (1 - rate), 0.0), mask=mask)


@triton.jit
def layer_norm(x, scale, shift, out, mean, inverse, columns, epsilon, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    x += row * columns
    out += row * columns
    total = tl.zeros([BLOCK], dtype=tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + tl.arange(0, BLOCK)
        total += tl.load(x + at, mask=at < columns, other=0.0).to(tl.float32)
    middle = tl.sum(total, axis=0) / columns
    squares = tl.zeros([BLOCK], dtype=tl.float32)
    for start in range(0, columns, BLOCK):
        at = start + tl.arange(0, BLOCK)
        values = tl.load(x + at, mask=at < columns, other=0.0).to(tl.float32)
        values = tl.where(at < columns, values - middle, 0.0)
        squares += values * values
    rstd = 1 / tl.sqrt(tl.sum(squares, axis=0) / columns + epsilon)
    tl.store(mean + row, middle)
    tl.store(inverse + row, rstd)
    for start in range(0, columns, BLOCK):
        at = start + tl.arange(0, BLOCK)
        mask = at < columns
        values = tl.load(x + at, mask=mask, other=0.0).to(tl.float32)
        normal = (values - middle) * rstd
        tl.store(out + at, normal * tl.load(scale + at, mask=mask) + tl.load(shift + at, mask=mask), mask=mask)


@triton.jit
def layer_norm_backward(
    x, scale, mean, inverse, dOut, dx, scaleSums, shiftSums, locks, counts, columns,
    GROUPS: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0)
    at = tl.arange(0, BLOCK)
    mask = at < columns
    x += row * columns
    dOut += row * columns
    dx += row * columns
    lock = row % GROUPS
    count = counts + lock
    to_scale = scaleSums + lock * columns + at
    to_shift = shiftSums + lock * columns + at
    lock = locks + lock

    values = tl.load(x + at, mask=mask, other=0).to(tl.float32)
    dy = tl.load(dOut + at, mask=mask, other=0).to(tl.float32)
    w = tl.load(scale + at, mask=mask).to(tl.float32)
    middle = tl.load(mean + row)
    rstd = tl.load(inverse + row)
    normal = tl.where(mask, (values - middle) * rstd, 0.0)
    weighted = tl.where(mask, w * dy, 0.0)
    c1 = tl.sum(normal * weighted, axis=0) / columns
    c2 = tl.sum(weighted, axis=0) / columns
    tl.store(dx + at, (weighted - (normal * c1 + c2)) * rstd, mask=mask)

    partial_scale = dy * normal
    partial_shift = dy
    while tl.atomic_cas(lock, 0, 1) == 1:
        pass
    if tl.load(count) == 0:
        tl.atomic_xchg(count, 1)
    else:
        partial_scale += tl.load(to_scale, mask=mask)
        partial_shift += tl.load(to_shift, mask=mask)
    tl.store(to_scale, partial_scale, mask=mask)
    tl.store(to_shift, partial_shift, mask=mask)
    tl.debug_barrier()
    tl.atomic_xchg(lock, 0)


@triton.jit
def layer_norm_weights(
    scaleSums, shiftSums, dScale, dShift, groups, columns, BM: tl.constexpr, BN: tl.constexpr
):  # fmt: skip
    at = tl.program_id(0) * BN + tl.arange(0, BN)
    scales = tl.zeros((BM, BN), dtype=tl.float32)
    shifts = tl.zeros((BM, BN), dtype=tl.float32)
    for start in range(0, groups, BM):
        rows = start + tl.arange(0, BM)
        mask = (rows[:, None] < groups) & (at[None, :] < columns)
        offsets = rows[:, None] * columns + at[None, :]
        scales += tl.load(scaleSums + offsets, mask=mask, other=0.0)
        shifts += tl.load(shiftSums + offsets, mask=mask, other=0.0)
    tl.store(dScale + at, tl.sum(scales, axis=0), mask=at < columns)
    tl.store(dShift + at, tl.sum(shifts, axis=0), mask=at < columns)


@triton.jit
def arc_sine(x, out, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out + offsets, libdevice.asin(tl.load(x + offsets, mask=mask)), mask=mask)


@triton.jit
def grouped_matmul(matrices, sizes, groups, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
    tile = tl.program_id(0)
    last = 0
    for g in range(groups):
        M = tl.load(sizes + g * 3)
        N = tl.multiple_of(tl.load(sizes + g * 3 + 1), 16)
        K = tl.multiple_of(tl.load(sizes + g * 3 + 2), 16)
        tiles_n = tl.cdiv(N, BN)
        tiles = tl.cdiv(M, BM) * tiles_n
        while tile >= last and tile < last + tiles:
            a = tl.multiple_of(tl.load(matrices + g * 3).to(tl.pointer_type(tl.float16)), 16)
            b = tl.multiple_of(tl.load(matrices + g * 3 + 1).to(tl.pointer_type(tl.float16)), 16)
            c = tl.multiple_of(tl.load(matrices + g * 3 + 2).to(tl.pointer_type(tl.float16)), 16)
            tile_m = (tile - last) // tiles_n
            tile_n = (tile - last) % tiles_n
            rows = tile_m * BM + tl.arange(0, BM)
            columns = tile_n * BN + tl.arange(0, BN)
            inner = tl.arange(0, BK)
            a_ptrs = a + rows[:, None] * K + inner[None, :]
            b_ptrs = b + inner[:, None] * N + columns[None, :]
            acc = tl.zeros((BM, BN), dtype=tl.float32)
            for k in range(0, tl.cdiv(K, BK)):
                x = tl.load(a_ptrs, mask=(rows[:, None] < M) & (inner[None, :] < K - k * BK), other=0.0)
                y = tl.load(b_ptrs, mask=(inner[:, None] < K - k * BK) & (columns[None, :] < N), other=0.0)
                acc += tl.dot(x, y)
                a_ptrs += BK
                b_ptrs += BK * N
            to = c + rows[:, None] * N + columns[None, :]
            tl.store(to, acc.to(tl.float16), mask=(rows[:, None] < M) & (columns[None, :] < N))
            tile += tl.num_programs(0)
        last += tiles


@triton.jit
def place(tile, tiles_m, in_group, GROUP: tl.constexpr):
    first = tile // in_group * GROUP
    height = min(tiles_m - first, GROUP)
    return first + tile % height, tile % in_group // height


@triton.jit
def persistent_matmul(
    a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr
):  # fmt: skip
    tiles_m = tl.cdiv(M, BM)
    tiles_n = tl.cdiv(N, BN)
    k_tiles = tl.cdiv(K, BK)
    inner = tl.arange(0, BK)
    in_group = GROUP * tiles_n
    for tile in tl.range(tl.program_id(0), tiles_m * tiles_n, tl.num_programs(0), flatten=True):
        tile_m, tile_n = place(tile, tiles_m, in_group, GROUP)
        rows = tile_m * BM + tl.arange(0, BM)
        columns = tile_n * BN + tl.arange(0, BN)
        rows = tl.max_contiguous(tl.multiple_of(tl.where(rows < M, rows, 0), BM), BM)
        columns = tl.max_contiguous(tl.multiple_of(tl.where(columns < N, columns, 0), BN), BN)
        acc = tl.zeros((BM, BN), dtype=tl.float32)
        for k in range(k_tiles):
            offsets = k * BK + inner
            x = tl.load(a + (rows[:, None] * K + offsets[None, :]), mask=offsets[None, :] < K, other=0.0)
            y = tl.load(b + (columns[None, :] * K + offsets[:, None]), mask=offsets[:, None] < K, other=0.0)
            acc = tl.dot(x, y, acc)
        to_rows = tile_m * BM + tl.arange(0, BM)
        to_columns = tile_n * BN + tl.arange(0, BN)
        mask = (to_rows[:, None] < M) & (to_columns[None, :] < N)
        tl.store(c + N * to_rows[:, None] + to_columns[None, :], acc.to(tl.float16), mask=mask)


@triton.jit
def persistent_matmul_tma(
    a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr
):  # fmt: skip
    tiles_m = tl.cdiv(M, BM)
    tiles_n = tl.cdiv(N, BN)
    k_tiles = tl.cdiv(K, BK)
    in_group = GROUP * tiles_n
    for tile in tl.range(tl.program_id(0), tiles_m * tiles_n, tl.num_programs(0), flatten=True):
        tile_m, tile_n = place(tile, tiles_m, in_group, GROUP)
        acc = tl.zeros((BM, BN), dtype=tl.float32)
        for k in range(k_tiles):
            acc = tl.dot(a.load([tile_m * BM, k * BK]), b.load([tile_n * BN, k * BK]).T, acc)
        c.store([tile_m * BM, tile_n * BN], acc.to(tl.float16))


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


@triton.jit
def load_block(base, lines, count, k, K, BK: tl.constexpr, EACH: tl.constexpr):
    at = k // EACH + tl.arange(0, BK // EACH)
    mask = (lines[:, None] < count) & (at[None, :] < K // EACH)
    return tl.load(base + lines[:, None] * (K // EACH) + at[None, :], mask=mask, other=0)


@triton.jit
def block_scaled_matmul(
    a, aScale, b, bScale, c, M, N, K, A: tl.constexpr, B: tl.constexpr,
    BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
):  # fmt: skip
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    A_EACH: tl.constexpr = 2 if A == "e2m1" else 1
    B_EACH: tl.constexpr = 2 if B == "e2m1" else 1
    acc = tl.zeros((BM, BN), dtype=tl.float32)
    for k in tl.range(0, K, BK):
        x = load_block(a, rows, M, k, K, BK, A_EACH)
        y = load_block(b, columns, N, k, K, BK, B_EACH)
        x_scale = load_block(aScale, rows, M, k, K, BK, 32)
        y_scale = load_block(bScale, columns, N, k, K, BK, 32)
        acc = tl.dot_scaled(x, x_scale, A, y.T, y_scale, B, acc)
    tl.store(c + rows[:, None] * N + columns[None, :], acc, mask=(rows[:, None] < M) & (columns[None, :] < N))

"""Tutorials 03, 08 and 10: products of matrices, one, many and block-scaled."""

import triton
import triton.language as tl


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

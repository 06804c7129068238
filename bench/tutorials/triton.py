"""What Triton's tutorials 01 to 09 do, in Triton's own language: the peers of examples/, compiled by the same Triton. Parameters are named as in the
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

"""Tutorial 09: programs that stay and take one tile of a product after the other, without and with TMA."""

import triton
import triton.language as tl


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

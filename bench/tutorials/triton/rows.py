"""Tutorials 02 and 05: softmax, and layer norm with its gradients."""

import triton
import triton.language as tl


@triton.jit
def softmax(x, out, rows, columns, BLOCK: tl.constexpr, STAGES: tl.constexpr):
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    for index in tl.range(tl.program_id(0), rows, tl.num_programs(0), num_stages=STAGES):
        row = tl.load(x + index * columns + offsets, mask=mask, other=-float("inf"))
        numerator = tl.exp(row - tl.max(row, axis=0))
        tl.store(out + index * columns + offsets, numerator / tl.sum(numerator, axis=0), mask=mask)


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

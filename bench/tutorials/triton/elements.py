"""Tutorials 01, 04 and 07: functions of single elements."""

import triton
import triton.language as tl
from triton.language.extra import libdevice


@triton.jit
def vector_add(a, b, out, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out + offsets, tl.load(a + offsets, mask=mask) + tl.load(b + offsets, mask=mask), mask=mask)


@triton.jit
def dropout(x, out, n, rate, seed, BLOCK: tl.constexpr):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    values = tl.load(x + offsets, mask=mask)
    keep = tl.rand(seed, offsets) > rate
    tl.store(out + offsets, tl.where(keep, values / (1 - rate), 0.0), mask=mask)


@triton.jit
def arc_sine(x, out, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(axis=0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < n
    tl.store(out + offsets, libdevice.asin(tl.load(x + offsets, mask=mask)), mask=mask)

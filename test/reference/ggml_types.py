"""Blocks of every ggml type that the runtime reads, in numpy: to weights as the format defines them, and from weights in a plain way.

`decode` is the measure. `encode` gives a valid block near its weights, without the searches of llama.cpp's quantisers.
Blocks are uint8 [blocks, bytes], weights f32 [blocks, weights].
"""

from dataclasses import dataclass
from typing import Callable

import numpy as np

IQ4 = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)
FP4 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)


def halves(blocks: np.ndarray, at: int) -> np.ndarray:
    """The f16 at byte `at` of each block, as a column of f32."""
    return np.ascontiguousarray(blocks[:, at : at + 2]).view(np.float16).astype(np.float32)


def half_bytes(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, np.float32).astype(np.float16).reshape(-1, 1).view(np.uint8)


def nibbles(blocks: np.ndarray, at: int) -> np.ndarray:
    """16 bytes from `at`: weights 0-15 in the low halves, 16-31 in the high ones."""
    packed = blocks[:, at : at + 16]
    return np.concatenate([packed & 15, packed >> 4], axis=1)


def nibble_bytes(codes: np.ndarray) -> np.ndarray:
    return (codes[:, :16] | codes[:, 16:] << 4).astype(np.uint8)


def fields(packed: np.ndarray, group: int, bits: int) -> np.ndarray:
    """Every `group` bytes hold 8 / bits runs of `group` codes: the run in the lowest bits first."""
    runs = packed.reshape(len(packed), -1, 1, group) >> np.arange(0, 8, bits).reshape(-1, 1)
    return (runs & (1 << bits) - 1).reshape(len(packed), -1)


def field_bytes(codes: np.ndarray, group: int, bits: int) -> np.ndarray:
    runs = codes.astype(np.uint8).reshape(len(codes), -1, 8 // bits, group) << np.arange(0, 8, bits, dtype=np.uint8).reshape(-1, 1)
    return np.bitwise_or.reduce(runs, axis=2).reshape(len(codes), -1)


def bit_column(blocks: np.ndarray, at: int) -> np.ndarray:
    """The fifth bits of 32 weights, weight 0's in the lowest bit of the first byte."""
    return np.unpackbits(np.ascontiguousarray(blocks[:, at : at + 4]), axis=1, bitorder="little")


def codes_of(values: np.ndarray, scale: np.ndarray, low: int, high: int) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        codes = np.where(scale == 0, 0, values / scale)
    return np.clip(np.round(codes), low, high)


def as_f16(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(np.float32)


def symmetric(x: np.ndarray, lowest: int) -> tuple:
    """Scale and codes in lowest … -lowest - 1, the weight of the greatest size at `lowest`."""
    greatest = np.take_along_axis(x, np.abs(x).argmax(1)[:, None], 1)
    scale = as_f16(greatest / lowest)
    return scale, codes_of(x, scale, lowest, -lowest - 1) - lowest


def affine(x: np.ndarray, top: int) -> tuple:
    low = as_f16(x.min(1, keepdims=True))
    scale = as_f16((x.max(1, keepdims=True) - low) / top)
    return scale, low, codes_of(x - low, scale, 0, top)


def encode_q5(codes: np.ndarray, *heads: np.ndarray) -> np.ndarray:
    codes = codes.astype(np.uint8)
    high = np.packbits(codes >> 4, axis=1, bitorder="little")
    return np.concatenate([*map(half_bytes, heads), high, nibble_bytes(codes & 15)], axis=1)


def encode_q4_0(x):
    scale, codes = symmetric(x, -8)
    return np.concatenate([half_bytes(scale), nibble_bytes(codes.astype(np.uint8))], axis=1)


def encode_q4_1(x):
    scale, low, codes = affine(x, 15)
    return np.concatenate([half_bytes(scale), half_bytes(low), nibble_bytes(codes.astype(np.uint8))], axis=1)


def encode_q5_0(x):
    scale, codes = symmetric(x, -16)
    return encode_q5(codes, scale)


def encode_q5_1(x):
    scale, low, codes = affine(x, 31)
    return encode_q5(codes, scale, low)


def encode_q8_0(x):
    scale = as_f16(np.abs(x).max(1, keepdims=True) / 127)
    return np.concatenate([half_bytes(scale), codes_of(x, scale, -127, 127).astype(np.int8).view(np.uint8)], axis=1)


def encode_iq4_nl(x):
    scale = as_f16(np.abs(x).max(1, keepdims=True) / 127)
    distance = np.abs(x[..., None] - scale[..., None] * IQ4)
    return np.concatenate([half_bytes(scale), nibble_bytes(distance.argmin(-1).astype(np.uint8))], axis=1)


def encode_mxfp4(x):
    """The scale is a power of two: 2^(e - 128), a code's value at most 12."""
    most = np.abs(x).max(1, keepdims=True)
    exponent = np.where(most == 0, 0, np.clip(np.ceil(np.log2(np.where(most == 0, 1, most) / 12)) + 128, 0, 254))
    distance = np.abs(x[..., None] - np.exp2(exponent - 128)[..., None] * FP4)
    return np.concatenate([exponent.astype(np.uint8), nibble_bytes(distance.argmin(-1).astype(np.uint8))], axis=1)


def unpack_k4(packed: np.ndarray) -> tuple:
    """Eight 6-bit scales and eight 6-bit minima from 12 bytes."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:12]
    scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], axis=1)
    minima = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)
    return scales.astype(np.float32), minima.astype(np.float32)


def pack_k4(scales: np.ndarray, minima: np.ndarray) -> np.ndarray:
    s, m = scales.astype(np.uint8), minima.astype(np.uint8)
    return np.concatenate([s[:, :4] | s[:, 4:] >> 4 << 6, m[:, :4] | m[:, 4:] >> 4 << 6, s[:, 4:] & 15 | m[:, 4:] << 4], axis=1)


def super_affine(x: np.ndarray, parts: int, top: int, most: int) -> tuple:
    """d, dmin, scales, minima, codes of blocks whose `parts` sub-blocks have scales and minima of 0 … `most` in units of those."""
    sub = x.reshape(len(x), parts, -1)
    low = np.maximum(-sub.min(2), 0)
    scale = np.maximum(sub.max(2) + low, 0) / top
    d, dmin = (as_f16(values.max(1, keepdims=True) / most) for values in (scale, low))
    scales, minima = codes_of(scale, d, 0, most), codes_of(low, dmin, 0, most)
    codes = codes_of(sub + (dmin * minima)[..., None], (d * scales)[..., None], 0, top)
    return d, dmin, scales, minima, codes.reshape(len(x), -1)


def scaled(codes: np.ndarray, scales: np.ndarray, minima: np.ndarray | None = None) -> np.ndarray:
    sub = codes.astype(np.float32).reshape(*scales.shape, -1) * scales[..., None]
    return (sub if minima is None else sub - minima[..., None]).reshape(len(codes), -1)


def decode_q2_k(b):
    scales, minima = (b[:, :16] & 15).astype(np.float32), (b[:, :16] >> 4).astype(np.float32)
    return scaled(fields(b[:, 16:80], 32, 2), halves(b, 80) * scales, halves(b, 82) * minima)


def encode_q2_k(x):
    d, dmin, scales, minima, codes = super_affine(x, 16, 3, 15)
    packed = (scales.astype(np.uint8) | minima.astype(np.uint8) << 4)
    return np.concatenate([packed, field_bytes(codes, 32, 2), half_bytes(d), half_bytes(dmin)], axis=1)


def decode_q3_k(b):
    """Scales: low four bits in bytes 0-7, high two in bytes 8-11, 32 taken off. Weights: two bits, and -4 where the third is clear."""
    packed = b[:, 96:108]
    scales = (fields(packed[:, :8], 8, 4) | fields(packed[:, 8:], 4, 2) << 4).astype(np.float32) - 32
    codes = fields(b[:, 32:96], 32, 2).astype(np.int8) - 4 * (1 - fields(b[:, :32], 32, 1).astype(np.int8))
    return scaled(codes, halves(b, 108) * scales)


def encode_q3_k(x):
    sub = x.reshape(len(x), 16, -1)
    greatest = np.take_along_axis(sub, np.abs(sub).argmax(2)[..., None], 2)[..., 0] / -4
    d = as_f16(np.abs(greatest).max(1, keepdims=True) / 31)
    scales = codes_of(greatest, d, -32, 31)
    codes = (codes_of(sub, (d * scales)[..., None], -4, 3) + 4).reshape(len(x), -1).astype(np.uint8)
    biased = (scales + 32).astype(np.uint8)
    packed = [field_bytes(biased & 15, 8, 4), field_bytes(biased >> 4, 4, 2)]
    return np.concatenate([field_bytes(codes >> 2, 32, 1), field_bytes(codes & 3, 32, 2), *packed, half_bytes(d)], axis=1)


def decode_q4_k(b):
    scales, minima = unpack_k4(b[:, 4:16])
    return scaled(fields(b[:, 16:144], 32, 4), halves(b, 0) * scales, halves(b, 2) * minima)


def encode_q4_k(x):
    d, dmin, scales, minima, codes = super_affine(x, 8, 15, 63)
    return np.concatenate([half_bytes(d), half_bytes(dmin), pack_k4(scales, minima), field_bytes(codes, 32, 4)], axis=1)


def decode_q5_k(b):
    scales, minima = unpack_k4(b[:, 4:16])
    codes = fields(b[:, 48:176], 32, 4) | fields(b[:, 16:48], 32, 1) << 4
    return scaled(codes, halves(b, 0) * scales, halves(b, 2) * minima)


def encode_q5_k(x):
    d, dmin, scales, minima, codes = super_affine(x, 8, 31, 63)
    codes = codes.astype(np.uint8)
    parts = [pack_k4(scales, minima), field_bytes(codes >> 4, 32, 1), field_bytes(codes & 15, 32, 4)]
    return np.concatenate([half_bytes(d), half_bytes(dmin), *parts], axis=1)


def decode_q6_k(b):
    scales = np.ascontiguousarray(b[:, 192:208]).view(np.int8).astype(np.float32)
    codes = fields(b[:, :128], 64, 4) | fields(b[:, 128:192], 32, 2) << 4
    return scaled(codes.astype(np.int8) - 32, halves(b, 208) * scales)


def encode_q6_k(x):
    sub = x.reshape(len(x), 16, -1)
    greatest = np.take_along_axis(sub, np.abs(sub).argmax(2)[..., None], 2)[..., 0] / -32
    d = as_f16(np.abs(greatest).max(1, keepdims=True) / 127)
    scales = codes_of(greatest, d, -128, 127)
    codes = (codes_of(sub, (d * scales)[..., None], -32, 31) + 32).reshape(len(x), -1).astype(np.uint8)
    packed = [field_bytes(codes & 15, 64, 4), field_bytes(codes >> 4, 32, 2), scales.astype(np.int8).view(np.uint8)]
    return np.concatenate([*packed, half_bytes(d)], axis=1)


@dataclass(frozen=True)
class GgmlType:
    """`file_type`: what general.file_type says of a file of it; `smaller`: what llama.cpp takes where rows are no multiple of a block."""

    number: int
    weights: int
    size: int
    decode: Callable[[np.ndarray], np.ndarray]
    encode: Callable[[np.ndarray], np.ndarray]
    file_type: int
    smaller: str | None = None


def to_bf16(x: np.ndarray) -> np.ndarray:
    """The upper halves of f32, rounded to nearest even."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16).view(np.uint8)


GGML_TYPES = {
    "f32": GgmlType(0, 1, 4, lambda b: b.view(np.float32), lambda x: x.astype(np.float32).view(np.uint8), 0),
    "f16": GgmlType(1, 1, 2, lambda b: b.view(np.float16).astype(np.float32), lambda x: x.astype(np.float16).view(np.uint8), 1),
    "bf16": GgmlType(30, 1, 2, lambda b: (b.view(np.uint16).astype(np.uint32) << 16).view(np.float32), to_bf16, 32),
    "q4_0": GgmlType(2, 32, 18, lambda b: (nibbles(b, 2).astype(np.float32) - 8) * halves(b, 0), encode_q4_0, 2),
    "q4_1": GgmlType(3, 32, 20, lambda b: nibbles(b, 4) * halves(b, 0) + halves(b, 2), encode_q4_1, 3),
    "q5_0": GgmlType(6, 32, 22, lambda b: ((nibbles(b, 6) | bit_column(b, 2) << 4).astype(np.float32) - 16) * halves(b, 0), encode_q5_0, 8),
    "q5_1": GgmlType(7, 32, 24, lambda b: (nibbles(b, 8) | bit_column(b, 4) << 4) * halves(b, 0) + halves(b, 2), encode_q5_1, 9),
    "q8_0": GgmlType(8, 32, 34, lambda b: b[:, 2:].view(np.int8).astype(np.float32) * halves(b, 0), encode_q8_0, 7),
    "q2_k": GgmlType(10, 256, 84, decode_q2_k, encode_q2_k, 10, "iq4_nl"),
    "q3_k": GgmlType(11, 256, 110, decode_q3_k, encode_q3_k, 12, "iq4_nl"),
    "q4_k": GgmlType(12, 256, 144, decode_q4_k, encode_q4_k, 15, "q5_0"),
    "q5_k": GgmlType(13, 256, 176, decode_q5_k, encode_q5_k, 17, "q5_1"),
    "q6_k": GgmlType(14, 256, 210, decode_q6_k, encode_q6_k, 18, "q8_0"),
    "iq4_nl": GgmlType(20, 32, 18, lambda b: IQ4[nibbles(b, 2)] * halves(b, 0), encode_iq4_nl, 25),
    "mxfp4": GgmlType(39, 32, 17, lambda b: FP4[nibbles(b, 1)] * np.exp2(b[:, :1].astype(np.float32) - 128), encode_mxfp4, 38),
}
BY_NUMBER = {kind.number: kind for kind in GGML_TYPES.values()}


def encoded(values: np.ndarray, name: str) -> tuple:
    """The type really taken and the bytes of an array, row after row."""
    kind = GGML_TYPES[name]
    if values.shape[-1] % kind.weights:
        if not kind.smaller:
            raise SystemExit(f"rows of {values.shape[-1]} weights do not divide into {name}'s blocks of {kind.weights}")
        return encoded(values, kind.smaller)
    return name, kind.encode(np.ascontiguousarray(values, np.float32).reshape(-1, kind.weights)).tobytes()

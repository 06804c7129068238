"""Writes GGUF files of version 3, whole or in parts as llama.cpp's gguf-split names them."""

import struct
from pathlib import Path

import numpy as np

from ggml_types import GGML_TYPES

ALIGNMENT = 32
# Python or numpy type -> number of the value's type, how it is packed
KINDS = {bool: (7, "?"), int: (4, "I"), float: (6, "f"), np.uint16: (2, "H"), np.int32: (5, "i")}
STRING, ARRAY = 8, 9


def text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def value_bytes(value) -> bytes:
    """An int is a u32, within an array an i32, as llama.cpp's converters write them."""
    if isinstance(value, str):
        return struct.pack("<I", STRING) + text(value)
    if isinstance(value, list):
        if isinstance(value[0], str):
            kind, items = STRING, b"".join(map(text, value))
        else:
            element = np.int32 if type(value[0]) is int else type(value[0])
            kind, code = KINDS[element]
            items = struct.pack(f"<{len(value)}{code}", *value)
        return struct.pack("<IIQ", ARRAY, kind, len(value)) + items
    kind, code = KINDS[type(value)]
    return struct.pack(f"<I{code}", kind, value)


def padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % ALIGNMENT)


def write_gguf_file(path: Path, metadata: dict, tensors: dict) -> None:
    """`tensors`: name to (shape row-major, ggml type's name, bytes)."""
    head = [b"GGUF", struct.pack("<IQQ", 3, len(tensors), len(metadata))]
    head += [text(key) + value_bytes(value) for key, value in metadata.items()]
    at = 0
    for name, (shape, kind, raw) in tensors.items():
        dims = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
        head.append(text(name) + dims + struct.pack("<IQ", GGML_TYPES[kind].number, at))
        at += len(padded(raw))
    with open(path, "wb") as file:
        file.write(padded(b"".join(head)))
        for _, _, raw in tensors.values():
            file.write(padded(raw))


def write_parts(path: Path, metadata: dict, tensors: dict, count: int) -> list:
    """NAME-00001-of-0000N.gguf and so on: the first has all the metadata, each its share of the tensors."""
    if count == 1:
        write_gguf_file(path, metadata, tensors)
        return [path]
    names, paths = list(tensors), []
    for part in range(count):
        split = {"split.no": np.uint16(part), "split.count": np.uint16(count), "split.tensors.count": np.int32(len(names))}
        own = names[len(names) * part // count : len(names) * (part + 1) // count]
        paths.append(path.with_name(f"{path.stem}-{part + 1:05}-of-{count:05}.gguf"))
        write_gguf_file(paths[-1], metadata | split if part == 0 else split, {name: tensors[name] for name in own})
    return paths

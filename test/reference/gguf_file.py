"""Reads GGUF files with numpy only: metadata, tensors, and the quantised types of the demo model.

Independent of the runtime's TypeScript reader, which it is the measure for. It trusts its file.
"""

import mmap
import struct

import numpy as np

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


def halves(blocks: np.ndarray, at: int) -> np.ndarray:
    """The f16 at byte `at` of each block, as a column of f32."""
    return np.ascontiguousarray(blocks[:, at : at + 2]).view(np.float16).astype(np.float32)


def nibbles(blocks: np.ndarray, at: int) -> np.ndarray:
    """16 bytes from `at`: weights 0-15 in the low halves, 16-31 in the high ones."""
    packed = blocks[:, at : at + 16]
    return np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)


# ggml type number -> (weights in a block, bytes of a block, blocks to f32)
TYPES = {
    0: (1, 4, lambda b: b.view(np.float32)),
    1: (1, 2, lambda b: b.view(np.float16).astype(np.float32)),
    2: (32, 18, lambda b: (nibbles(b, 2) - 8) * halves(b, 0)),
    3: (32, 20, lambda b: nibbles(b, 4) * halves(b, 0) + halves(b, 2)),
    8: (32, 34, lambda b: b[:, 2:].view(np.int8).astype(np.float32) * halves(b, 0)),
    30: (1, 2, lambda b: (b.view(np.uint16).astype(np.uint32) << 16).view(np.float32)),
}


class GgufFile:
    """`metadata`: key to Python value. `tensor(name)`: f32 array, row-major, outermost dimension first."""

    def __init__(self, path: str):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.at = 4
        if self.bytes[:4] != b"GGUF" or self._scalar("I") not in (2, 3):
            raise SystemExit(f"{path} is not a GGUF file of version 2 or 3")
        tensor_count, key_count = self._scalar("Q"), self._scalar("Q")
        self.metadata = {}
        for _ in range(key_count):
            key = self._string()
            self.metadata[key] = self._value(self._scalar("I"))
        self.places = {}
        for _ in range(tensor_count):
            name = self._string()
            dims = [self._scalar("Q") for _ in range(self._scalar("I"))]
            self.places[name] = (dims[::-1], self._scalar("I"), self._scalar("Q"))
        alignment = self.metadata.get("general.alignment", 32)
        self.data = -(-self.at // alignment) * alignment

    def tensor(self, name: str) -> np.ndarray:
        shape, type_number, offset = self.places[name]
        weights, size, widen = TYPES[type_number]
        count = int(np.prod(shape)) // weights
        raw = np.frombuffer(self.bytes, np.uint8, count * size, self.data + offset)
        return widen(raw.reshape(count, size)).reshape(shape)

    def _scalar(self, code: str):
        (value,) = struct.unpack_from("<" + code, self.bytes, self.at)
        self.at += struct.calcsize("<" + code)
        return value

    def _string(self) -> str:
        length = self._scalar("Q")
        self.at += length
        return self.bytes[self.at - length : self.at].decode("utf-8", "replace")

    def _value(self, kind: int):
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            element, length = self._scalar("I"), self._scalar("Q")
            return [self._value(element) for _ in range(length)]
        return self._scalar(SCALARS[kind])

"""Reads GGUF files with numpy only: metadata and tensors.

Independent of the runtime's TypeScript reader, which it is the measure for. It trusts its file.
"""

import mmap
import struct

import numpy as np

from ggml_types import BY_NUMBER

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY = 8, 9


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
        kind = BY_NUMBER[type_number]
        count = int(np.prod(shape)) // kind.weights
        raw = np.frombuffer(self.bytes, np.uint8, count * kind.size, self.data + offset)
        return kind.decode(raw.reshape(count, kind.size)).reshape(shape)

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

"""Reads *.safetensors: an 8-byte length, a JSON table of names, then the numbers. One file, or several with an index."""

import json
import struct
from pathlib import Path

import numpy as np

PLAIN = {"F64": np.float64, "F32": np.float32, "F16": np.float16}


class TensorFolder:
    """`tensor(name)`: the weights of the folder's safetensors, as stored, widened to float32."""

    def __init__(self, folder: Path):
        index = folder / "model.safetensors.index.json"
        files = set(json.loads(index.read_text())["weight_map"].values()) if index.exists() else ["model.safetensors"]
        self.places = {}
        for file in sorted(files):
            raw = np.memmap(folder / file, np.uint8, "r")
            (length,) = struct.unpack("<Q", raw[:8].tobytes())
            for name, entry in json.loads(raw[8 : 8 + length].tobytes()).items():
                if name != "__metadata__":
                    start, end = entry["data_offsets"]
                    self.places[name] = (entry["dtype"], entry["shape"], raw[8 + length + start : 8 + length + end])

    def __contains__(self, name: str) -> bool:
        return name in self.places

    def tensor(self, name: str) -> np.ndarray:
        dtype, shape, raw = self.places[name]
        if dtype == "BF16":
            flat = (np.frombuffer(raw.tobytes(), np.uint16).astype(np.uint32) << 16).view(np.float32)
        else:
            flat = np.frombuffer(raw.tobytes(), PLAIN[dtype]).astype(np.float32)
        return flat.reshape(shape)

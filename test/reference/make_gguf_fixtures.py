"""Prints random blocks of every supported ggml type and what Python's `gguf` makes of them, as JSON.

The tests compare the runtime's dequantisation with these, so that they need no Python. Run again after adding a type:
    python test/reference/make_gguf_fixtures.py > test/fixtures/dequantize.json
"""

import base64
import json

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize

TYPES = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K",
         "IQ4_NL", "IQ4_XS", "MXFP4"]
# Where a block keeps its f16 scales: random bits there would make most weights huge, infinite or NaN.
HALVES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
          "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
          "MXFP4": []}
# MXFP4's scale is one byte of exponent, every one of which is a number: some weights overflow to infinity, in both.
EXPONENTS = [0, 1, 2, 127, 254, 255]
SPECIAL = [0.0, -0.0, 5.960464477539063e-08, 6.103515625e-05, -65504.0, 65504.0]


def blocks(name: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` blocks whose payload bits are all random and whose scales cover both signs, subnormals and extremes."""
    if name in ("F32", "F16"):
        values = np.concatenate([rng.standard_normal(count * 32 - len(SPECIAL)), SPECIAL])
        return values.astype({"F32": np.float32, "F16": np.float16}[name]).view(np.uint8).reshape(1, -1)
    if name == "BF16":
        values = np.concatenate([rng.standard_normal(count * 32 - len(SPECIAL)), SPECIAL]).astype(np.float32)
        return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8).reshape(1, -1)
    _, size = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    raw = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in HALVES[name]:
        scales = (rng.standard_normal(count) * 0.01).astype(np.float16)
        scales[: len(SPECIAL)] = np.array(SPECIAL, np.float16)[: count]
        raw[:, at : at + 2] = scales.view(np.uint8).reshape(count, 2)
    if name == "MXFP4":
        raw[: len(EXPONENTS), 0] = EXPONENTS
    return raw.reshape(1, -1)


def main() -> None:
    rng = np.random.default_rng(2176)
    fixtures = {}
    for name in TYPES:
        size, _ = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
        raw = blocks(name, 8 if size == 256 else 12, rng)
        with np.errstate(over="ignore"):
            values = dequantize(raw, GGMLQuantizationType[name]).astype("<f4").ravel()
        fixtures[name] = {
            "blocks": base64.b64encode(raw.tobytes()).decode(),
            "values": base64.b64encode(values.tobytes()).decode(),
        }
    print(json.dumps(fixtures, indent=2))


if __name__ == "__main__":
    main()

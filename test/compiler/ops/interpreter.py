"""Runs generated kernels in Triton's own interpreter: jobs as JSON on stdin, results as JSON on stdout. Needs numpy only."""

import json
import linecache
import os
import sys
import types

os.environ["TRITON_INTERPRET"] = "1"

import numpy  # noqa: E402

FLOATS = {"f16": "float16", "f32": "float32", "f64": "float64"}


def torch_name(dtype):
    """As torch names it: `u32` is `uint32`."""
    if dtype == "bool" or dtype in FLOATS:
        return FLOATS.get(dtype, dtype)
    return {"i": "int", "u": "uint"}[dtype[0]] + dtype[1:]


def numpy_type(dtype):
    return numpy.int8 if dtype == "bool" else getattr(numpy, torch_name(dtype))



class Storage:
    def __init__(self, array):
        self.array = array

    def data_ptr(self):
        return self.array.ctypes.data

    def cpu(self):
        return self

    def copy_(self, _other):
        """The kernel wrote into the array itself."""


class Tensor:
    """As much of a torch tensor as the interpreter asks for."""

    def __init__(self, array, dtype):
        self.array = array
        self.dtype = dtype

    def data_ptr(self):
        return self.array.ctypes.data

    def untyped_storage(self):
        return Storage(self.array)

    def new_empty(self, _size, device=None):
        return Tensor(self.array, self.dtype)

    def set_(self, storage, _offset, _size, _stride):
        self.array = storage.array

    def storage_offset(self):
        return 0

    def size(self):
        return self.array.shape

    def stride(self):
        return (1,)


def load(index, job):
    name = f"generated_{index}"
    file = f"<{name}>"
    text = job["text"]
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)
    module = types.ModuleType(name)
    module.__file__ = file
    sys.modules[name] = module
    exec(compile(text, file, "exec"), module.__dict__)
    return getattr(module, job["entry"])


def number(value):
    return float(value) if isinstance(value, str) else value


def plain(value):
    """As JavaScript's Number() reads it."""
    value = value.item()
    return value if numpy.isfinite(value) else {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]


def run(index, job):
    def tensor(dtype, data):
        return Tensor(numpy.array([number(value) for value in data]).astype(numpy_type(dtype)), torch_name(dtype))

    inputs = [tensor(one["dtype"], one["data"]) for one in job["inputs"]]
    outputs = [tensor(one["dtype"], [0] * one["size"]) for one in job["outputs"]]
    try:
        load(index, job)[(1,)](*inputs, *outputs)
    except Exception as error:
        while error.__cause__ is not None:
            error = error.__cause__
        return {"error": f"{type(error).__name__}: {error}"}
    return {"outputs": [[plain(value) for value in one.array] for one in outputs]}


if __name__ == "__main__":
    results = [run(index, job) for index, job in enumerate(json.load(sys.stdin))]
    json.dump(results, sys.stdout)

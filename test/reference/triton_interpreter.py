"""
Runs generated Triton kernels in Triton's own interpreter on numpy memory: the meaning of a kernel, computed by neither our
CPU executor nor a GPU. No torch: arguments are made from raw buffers.

Protocol: a line of JSON, then the bytes of the buffers one after the other; the answer has the same form.

What Triton 3.9's interpreter gets wrong or leaves open is mended here:
- bf16 is kept as bit patterns on which it does integer arithmetic, and its conversion to bf16 truncates. Here every float
  operation on bf16 is done in fp32 and rounded to nearest even, as a GPU does.
- its conversions to 8 bits round ties up and know no NaN. Here they go to the nearest, ties to even, and end at the greatest number.
- its scaled products read 8 bits and bf16 through fp16, and lose subnormals of e5m2 on the way. Here they are what they stand for.
- fma rounds the product, and then the sum. Here it rounds once.
- loop variables are Python integers without a type; a GPU has i32.
- an address outside of every buffer would end the process; here it is an error.
"""

import dataclasses
import fractions
import functools
import gc
import inspect
import json
import linecache
import math
import os
import sys
import traceback
import types

os.environ["TRITON_INTERPRET"] = "1"

import numpy as np  # noqa: E402
import triton  # noqa: E402
import triton.language as tl  # noqa: E402
from triton.runtime import interpreter as interp  # noqa: E402

Handle = interp.TensorHandle


# bf16 as the upper half of fp32


def decode(bits):
    return (np.asarray(bits).astype(np.uint32) << 16).view(np.float32)


def encode(values):
    """Rounds to nearest, ties to even; NaN stays NaN."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.where(np.isnan(values), np.uint32(0x7FC0), rounded).astype(np.uint16)


def is_bf16(handle):
    return isinstance(handle, Handle) and not isinstance(handle.dtype, tl.pointer_type) and handle.dtype.scalar == tl.bfloat16


def widened(handle):
    return Handle(decode(handle.data), tl.float32) if is_bf16(handle) else handle


def in_fp32(operation):
    """An operation of the interpreter's builder that computes bf16 in fp32."""

    def wrapped(self, *operands):
        result = operation(self, *[widened(one) for one in operands])
        if result.data.dtype == np.bool_:
            return Handle(result.data, tl.int1)
        # The result has the type of the last operand, as select has it.
        last = [one for one in operands if isinstance(one, Handle)][-1]
        return Handle(encode(result.data), tl.bfloat16) if is_bf16(last) and result.dtype == tl.float32 else result

    return wrapped


# Floats of 8 bits by tables of what their bytes stand for


def float8_values(exponent_bits, fraction_bits, finite):
    codes = np.arange(256)
    exponent, fraction = (codes >> fraction_bits) & ((1 << exponent_bits) - 1), codes & ((1 << fraction_bits) - 1)
    bias, whole = (1 << (exponent_bits - 1)) - 1, 1 << fraction_bits
    size = np.where(exponent == 0, fraction / whole * 2.0**(1 - bias), (1 + fraction / whole) * 2.0**(exponent - bias))
    greatest_exponent = exponent == (1 << exponent_bits) - 1
    if finite:
        size[greatest_exponent & (fraction == whole - 1)] = np.nan
    else:
        size[greatest_exponent] = np.where(fraction == 0, np.inf, np.nan)[greatest_exponent]
    return np.where(codes < 128, size, -size).astype(np.float32)


FLOAT8 = {tl.float8e4nv: float8_values(4, 3, True), tl.float8e5: float8_values(5, 2, False)}


def float8_of(handle):
    return FLOAT8.get(handle.dtype.scalar) if isinstance(handle, Handle) else None


def decode8(handle):
    return FLOAT8[handle.dtype.scalar][handle.data]


def encode8(values, kind, toward_zero=False):
    table = FLOAT8[kind].astype(np.float64)
    numbers = table[:128][np.isfinite(table[:128])]
    values = np.asarray(values).astype(np.float64)
    size = np.abs(values)
    low = np.searchsorted(numbers, size, side="right") - 1
    high = np.minimum(low + 1, len(numbers) - 1)
    below, above = size - numbers[low], numbers[high] - size
    up = (below > above) | ((below == above) & (low % 2 == 1))
    code = low if toward_zero else np.where(np.isfinite(size) & up, high, low)
    if toward_zero:
        code = np.where(np.isinf(size), len(numbers), code)
    return np.where(np.isnan(values), 0x7F, code | np.where(np.signbit(values), 0x80, 0)).astype(np.uint8)


def toward_zero(data, kind):
    if kind in FLOAT8:
        return Handle(encode8(data, kind, True), kind)
    if kind == tl.float16:
        near = data.astype(np.float16)
        over = np.abs(near.astype(np.float64)) > np.abs(data.astype(np.float64))
        return Handle(np.where(over, np.nextafter(near, np.float16(0)), near), kind)
    bits = np.ascontiguousarray(data, dtype=np.float32).view(np.uint32)
    return Handle((bits >> 16).astype(np.uint16), tl.bfloat16)


def cast(self, source, target):
    data = decode(source.data) if is_bf16(source) else source.data
    data = data if float8_of(source) is None else decode8(source)
    kind = target.scalar
    if kind in FLOAT8:
        return Handle(encode8(data, kind), kind)
    if kind == tl.bfloat16:
        return Handle(encode(to_odd(data) if data.dtype == np.float64 else data.astype(np.float32)), kind)
    return Handle(data.astype(interp._get_np_dtype(kind)), kind)


def to_odd(data):
    """fp64 as fp32 rounded to odd: what is rounded again then is rounded as if it had been once."""
    single = np.ascontiguousarray(data.astype(np.float32))
    bits = single.view(np.uint32)
    off = (single.astype(np.float64) != data) & ~np.isnan(data) & (bits & 1 == 0)
    below = np.abs(single.astype(np.float64)) < np.abs(data)
    return np.where(off, np.where(below, bits + 1, bits - 1), bits).astype(np.uint32).view(np.float32)


def float_to_float(original):

    def wrapped(self, source, target, rounding):
        if rounding == interp._ir.ROUNDING_MODE.RTZ:
            return toward_zero(widened(source).data, target.scalar)
        if {tl.bfloat16, *FLOAT8} & {source.dtype.scalar, target.scalar}:
            return self.cast_impl(source, target)
        return original(self, source, target, rounding)

    return wrapped


def microscaled(original):

    def wrapped(handle):
        if float8_of(handle) is not None:
            return decode8(handle)
        return decode(handle.data) if is_bf16(handle) else original(handle)

    return wrapped


def dot(original):

    def wrapped(self, a, b, accumulator, *rest):
        factors = [widened(one) if float8_of(one) is None else Handle(decode8(one), tl.float32) for one in (a, b)]
        return original(self, *factors, accumulator, *rest)

    return wrapped


def atomic(original):

    def wrapped(self, operation, pointer, value, *rest):
        if is_bf16(value):
            raise NotImplementedError("Triton's interpreter has no atomics on bf16")
        return original(self, operation, pointer, value, *rest)

    return wrapped


def over_axis(original):
    """Reductions and scans of bf16 in fp32, rounded once at the end."""

    def wrapped(self, input):
        inputs = input if isinstance(input, tuple) else (input, )
        # What a kernel's own function combines is rounded as the function rounds it.
        own = not self.combine_fn.fn.__module__.startswith("triton.")
        if own or not any(is_bf16(one.handle) for one in inputs):
            return original(self, input)
        wide = tuple(as_type(one, widened(one.handle)) for one in inputs)
        results = original(self, wide if isinstance(input, tuple) else wide[0])
        one_result = not isinstance(results, tuple)
        narrow = tuple(
            as_type(result, Handle(encode(result.handle.data), tl.bfloat16)) if is_bf16(before.handle) else result
            for result, before in zip((results, ) if one_result else results, inputs))
        return narrow[0] if one_result else narrow

    return wrapped


def fma(self, a, b, c):
    kind = a.dtype.scalar
    x, y, z = (widened(one).data.astype(np.float64) for one in (a, b, c))
    if kind == tl.float64:
        exact = np.frompyfunc(exact_fma, 3, 1)(x, y, z).astype(np.float64)
        return Handle(exact, kind)
    # The product is exact, the sum is rounded to odd: what is rounded again then is rounded as if it had been once.
    product = x * y
    total = product + z
    back = total - product
    rest = (product - (total - back)) + (z - back)
    off = np.isfinite(total) & (rest != 0) & (total.view(np.int64) & 1 == 0)
    odd = np.where(off, np.nextafter(total, np.where(rest > 0, np.inf, -np.inf)), total)
    return Handle(encode(to_odd(odd)) if kind == tl.bfloat16 else odd.astype(interp._get_np_dtype(kind)), kind)


def exact_fma(x, y, z):
    if not all(map(math.isfinite, (x, y, z))):
        return x * y + z
    total = fractions.Fraction(x) * fractions.Fraction(y) + fractions.Fraction(z)
    try:
        return float(total) if total != 0 else x * y + z
    except OverflowError:
        return math.copysign(math.inf, total)


def as_type(tensor, handle):
    shape = tensor.type.shape if tensor.type.is_block() else None
    return tl.core.tensor(handle, tl.block_type(handle.dtype, shape) if shape else handle.dtype)


builder = interp.InterpreterBuilder
for name in ("binary_op", "unary_op", "ternary_op"):
    # The last operand of these is the numpy function.
    original = getattr(builder, name)
    setattr(builder, name, in_fp32(original))
for name in ("create_erf", "create_rsqrt"):
    setattr(builder, name, in_fp32(getattr(builder, name)))
builder.create_fma = fma
builder.cast_impl = cast
builder.create_fp_to_fp = float_to_float(builder.create_fp_to_fp)
builder.create_dot = dot(builder.create_dot)
interp._mxfp_value_handle_to_float32 = microscaled(interp._mxfp_value_handle_to_float32)
builder.create_atomic_rmw = atomic(builder.create_atomic_rmw)
interp.ReduceOps.apply = over_axis(interp.ReduceOps.apply)
interp.ScanOps.apply = over_axis(interp.ScanOps.apply)


# Functions of elements


def map_elementwise(function, *tiles, **_hints):
    """Triton's interpreter leaves it out."""
    shapes = [tile.handle.data.shape for tile in tiles if tile.type.is_block()]
    shape = np.broadcast_shapes(*shapes)
    wide = [np.broadcast_to(tile.handle.data, shape) for tile in tiles]
    rows = []
    for at in np.ndindex(shape):
        elements = [tl.core.tensor(Handle(np.array([data[at]], dtype=data.dtype), tile.dtype.scalar), tile.dtype.scalar)
                    for data, tile in zip(wide, tiles)]
        result = function.fn(*elements)
        rows.append(result if isinstance(result, tuple) else (result, ))
    results = []
    for part in range(len(rows[0])):
        # A variable that no turn of a loop has assigned is still a number of Python.
        kinds = {row[part].dtype.scalar for row in rows if isinstance(row[part], tl.tensor)} or {tl.int32}
        kind = kinds.pop()
        data = np.array([row[part].handle.data.reshape(-1)[0] if isinstance(row[part], tl.tensor) else row[part]
                         for row in rows]).astype(interp._get_np_dtype(kind)).reshape(shape)
        results.append(tl.core.tensor(Handle(data, kind), tl.block_type(kind, list(shape))))
    return results[0] if not isinstance(result, tuple) else tuple(results)


# Loop variables with a type


def typed_range(first, last=None, step=None, **_hints):
    first, last = (0, first) if last is None else (first, last)
    bounds = [first, last, 1 if step is None else step]
    wide = any(isinstance(one, tl.tensor) and one.dtype.primitive_bitwidth == 64 for one in bounds)
    kind, data = (tl.int64, np.int64) if wide else (tl.int32, np.int32)
    for value in range(*(int(one) for one in bounds)):
        yield tl.core.tensor(Handle(np.array([value], dtype=data), kind), kind)


patch_core = interp._patch_lang_core


def patch_core_with_types(lang, scope):
    patch_core(lang, scope)
    scope.set_attr(lang, "range", typed_range)
    scope.set_attr(lang, "map_elementwise", map_elementwise)


interp._patch_lang_core = patch_core_with_types

# Once for all: this process does nothing but interpret, and a function's call would patch the language anew.
patch_lang = interp._patch_lang
patched = set()


def patch_lang_once(function):
    languages = frozenset(id(one) for one in function.__globals__.values() if one is tl or one is tl.core)
    if languages not in patched:
        patch_lang(function)
        patched.add(languages)


interp._patch_lang = patch_lang_once

# What would only make it slower: sums in 64 bits that tell of an overflow when debugging, looking twice for a function's lines, and
# looking through all of Triton for garbage.
interp.interpreter_builder.options = dataclasses.replace(interp.interpreter_builder.options, sanitize_overflow=False)
inspect.getsourcelines = functools.lru_cache(8)(inspect.getsourcelines)
gc.freeze()


# Memory


class Guarded:
    """The interpreter's access to memory, with a check that every address lies in a buffer."""

    def __init__(self, real):
        self.real = real
        self.buffers = []
        # Kept alive while a kernel runs.
        self.tables = []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def check(self, what, addresses, mask, size):
        used = addresses[np.broadcast_to(mask, addresses.shape)]
        inside = np.zeros(used.shape, dtype=bool)
        for start, end in self.buffers:
            inside |= (used >= np.uint64(start)) & (used + np.uint64(size) <= np.uint64(end))
        if not inside.all():
            address = int(used[~inside][0])
            near = min(range(len(self.buffers)), key=lambda i: abs(address - self.buffers[i][0]), default=None)
            where = "" if near is None else f", {address - self.buffers[near][0]} bytes from the start of buffer {near}"
            x, y, z = interp.interpreter_builder.grid_idx
            raise IndexError(f"{what} outside of every buffer in program ({x}, {y}, {z}){where}")

    def load(self, pointers, mask, other, dtype):
        self.check("load", pointers, mask, dtype.itemsize)
        return self.real.load(pointers, mask, other, dtype)

    def store(self, pointers, values, mask):
        self.check("store", pointers, mask, values.itemsize)
        return self.real.store(pointers, values, mask)

    def atomic_rmw(self, operation, pointers, values, mask, order):
        self.check("atomic", pointers, mask, values.itemsize)
        return self.real.atomic_rmw(operation, pointers, values, mask, order)

    def atomic_cas(self, pointers, expected, values, order):
        self.check("atomic", pointers, np.ones(pointers.shape, dtype=bool), values.itemsize)
        return self.real.atomic_cas(pointers, expected, values, order)


memory = Guarded(interp._interpreter)
interp._interpreter = memory


def aligned_copy(content):
    """A copy of the bytes on a 128-byte boundary, and its address."""
    room = np.zeros(len(content) + 128, dtype=np.uint8)
    offset = -room.ctypes.data % 128
    part = room[offset:offset + len(content)]
    part[:] = np.frombuffer(content, dtype=np.uint8)
    return part, part.ctypes.data


# Arguments


def pointer(kind, address):
    return tl.core.tensor(Handle(np.array([address], dtype=np.uint64), kind), kind)


def scalar(kind, value):
    if kind == tl.bfloat16:
        data = encode(np.array([float(value)], dtype=np.float32))
    elif kind in FLOAT8:
        data = encode8(np.array([float(value)]), kind)
    elif kind.is_floating():
        data = np.array([float(value)]).astype(interp._get_np_dtype(kind))
    else:
        data = np.array([int(value)]).astype(interp._get_np_dtype(kind))
    return tl.core.tensor(Handle(data, kind), kind)


def descriptor(spec, address):
    base = pointer(tl.pointer_type(tl.core.dtype(spec["dtype"])), address)
    strides = [scalar(tl.int64, one) for one in spec["strides"][:-1]] + [tl.constexpr(1)]
    return interp.interpreter_semantic.make_tensor_descriptor(
        base=base, shape=[scalar(tl.int32, one) for one in spec["shape"]], strides=strides,
        block_shape=[tl.constexpr(one) for one in spec["block"]], padding_option=spec["padding"])


def argument(spec, addresses):
    if spec["kind"] == "descriptor":
        return descriptor(spec, addresses[spec["buffer"]])
    kind = tl.str_to_ty(spec["type"], None)
    if spec["kind"] == "table":
        words = [addresses[one] for one in spec["buffers"]] + spec["more"]
        part, address = aligned_copy(np.array(words, dtype=np.uint64).tobytes())
        memory.buffers.append((address, address + len(part)))
        memory.tables.append(part)
        return pointer(kind, address)
    return pointer(kind, addresses[spec["buffer"]]) if spec["kind"] == "pointer" else scalar(kind, spec["value"])


def constant(value):
    if isinstance(value, dict):
        return float(value["float"]) if "float" in value else tl.core.dtype(value["dtype"])
    return tuple(map(constant, value)) if isinstance(value, list) else value


def run(request, contents):
    text, file = request["source"], request["file"]
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType("interpreted")
    module.__file__ = file
    # Triton's compiler treats the built-in as tl.range.
    module.range = typed_range
    exec(compile(text, file, "exec"), module.__dict__)

    buffers = [aligned_copy(content) for content in contents]
    memory.tables = []
    memory.buffers = [(address, address + len(part)) for part, address in buffers]
    kernel = module.__dict__[request["kernel"]]
    function = kernel.rewrite()
    interp._patch_lang(function)
    addresses = [address for _, address in buffers]
    arguments = {name: argument(spec, addresses) for name, spec in request["arguments"].items()}
    arguments |= {name: constant(value) for name, value in request["constants"].items()}
    grid = tuple(request["grid"]) + (1, ) * (3 - len(request["grid"]))
    interp.interpreter_builder.set_grid_dim(*grid)
    for index in np.ndindex(grid):
        interp.interpreter_builder.set_grid_idx(*index)
        function(**arguments)
    return [part.tobytes() for part, _ in buffers]


def failure(error, file):
    inner = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    frames = [one for part in (error, inner) for one in traceback.extract_tb(part.__traceback__) if one.filename == file]
    return {
        "message": f"{type(inner).__name__}: {inner}",
        "line": frames[-1].lineno if frames else None,
        "detail": "".join(traceback.format_exception(error)),
    }


def main():
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    requests = sys.stdin.buffer
    for line in requests:
        request = json.loads(line)
        contents = [requests.read(size) for size in request["sizes"]]
        try:
            with np.errstate(all="ignore"):
                results = run(request, contents)
            head = {"sizes": [len(one) for one in results]}
        except BaseException as error:
            results, head = [], {"sizes": [], "error": failure(error, request["file"])}
        replies.write(json.dumps(head).encode() + b"\n")
        for one in results:
            replies.write(one)
        replies.flush()


if __name__ == "__main__":
    main()

"""From a @triton.jit function to a cubin, one stage after the other, without a GPU and without Triton's own cache."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile

from triton import knobs
from triton._C.libtriton import ir
from triton.backends.compiler import GPUTarget, Language
from triton.compiler import ASTSource
from triton.compiler.compiler import make_backend
from triton.runtime import driver
from triton.runtime.errors import PTXASError
from triton.tools.disasm import extract

STAGES = ("ttir", "ttgir", "llir", "ptx", "cubin")

# The first PTX version that knows each target (PTX ISA, "Target ISA Notes"); "a" targets from 9.0 on.
FIRST_PTX = {80: 70, 86: 71, 87: 74, 89: 78, 90: 80, 100: 86, 103: 88, 120: 87, 121: 88}


class OfflineDriver:
    """What tl.target_info asks of a driver; without it Triton silently takes the branch for no GPU at all."""

    def __init__(self):
        self.target = None

    def get_current_target(self):
        return self.target

    def get_current_device(self):
        return 0

    def get_current_stream(self, _device=None):
        return 0


_driver = OfflineDriver()
driver.set_active(_driver)


class StageError(Exception):
    """An exception of Triton's with the stage it came from and the PTX at hand."""

    def __init__(self, stage, cause, ptx=None):
        super().__init__(str(cause))
        self.stage = stage
        self.cause = cause
        self.ptx = ptx


def compile_kernel(source, job, line_info):
    """
    Runs the stages that `job` wants. `line_info` is False, True, or a list of [python line, file, line, column].
    Returns (texts by stage, facts); raises StageError.
    """
    target = GPUTarget("cuda", job["arch"], 32)
    _driver.target = target
    os.environ["TRITON_DISABLE_LINE_INFO"] = "0" if line_info else "1"
    backend = make_backend(target)
    wanted = set(job["stages"])
    try:
        options = backend.parse_options(dict(job["options"]))
        context = ir.context()
        ir.load_dialects(context)
        backend.load_dialects(context)
        function = source.function(job["kernel"])
        module = _ast_source(function, job).make_ir(
            target, options, backend.get_codegen_implementation(options), backend.get_module_map(), context)
        _put_one(module, function, job, context)
        if isinstance(line_info, list):
            module = _with_lines(module, context, source.file, line_info)
    except Exception as error:
        raise StageError("ast", error) from error

    stages = {}
    backend.add_stages(stages, options, Language.TRITON)
    last = max((STAGES.index("cubin" if name in ("sass", "ptx") else name) for name in wanted), default=4)
    metadata, texts, facts = {}, {}, {}
    for name in STAGES[:last + 1]:
        try:
            if name == "cubin":
                texts["cubin"], texts["ptx"], facts = _assemble(stages["cubin"], module, metadata, job)
                break
            module = stages[name](module, metadata)
        except StageError:
            raise
        except Exception as error:
            raise StageError(name, error) from error
        if name == "ptx" and line_info:
            module = _without_asm_places(module)
        if name in ("ttir", "ttgir") and name in wanted:
            texts[name] = str(module) if line_info else module.str_nodebug()
        elif isinstance(module, str):
            texts[name] = module
    if "sass" in wanted:
        texts["sass"] = _disassemble(texts["cubin"], line_info)
    facts["metadata"] = _launch_facts(metadata, options, texts.get("ptx"))
    return {name: text for name, text in texts.items() if name in wanted}, facts


def _ast_source(function, job):
    # Triton takes the order of the ABI from this dictionary, so it must be the order of the definition.
    signature = {name: job["signature"][name] for name in function.arg_names}
    constants = {name: _constant(value) for name, value in job["constants"].items()}
    attributes = {(function.arg_names.index(name), ): [["tt.divisibility", 16]] for name in job["divisible"]}
    return ASTSource(function, signature, constants, attributes)


def _put_one(module, function, job, context):
    """
    Puts the constant 1 in the place of the arguments in `job["one"]`. Triton's own specialisation makes them constexprs, which have no
    dtype (an i64 stride would be computed in i32), cannot be assigned in a loop, and leave the ABI; these keep all three.
    """
    if not job["one"]:
        return
    entry = module.get_function(job["kernel"])
    builder = ir.builder(context)
    builder.set_insertion_point_to_start(_entry_block(module, entry))
    index = 0
    for name in function.arg_names:
        kind = job["signature"][name]
        if name in job["one"]:
            width = int(kind.lstrip("iu"))
            entry.args(index).replace_all_uses_with(getattr(builder, f"get_int{width}")(1))
        index += _ir_arguments(kind)
    assert index == entry.get_num_args(), f"{job['kernel']} has {entry.get_num_args()} arguments in TTIR, not {index}"


def _entry_block(module, entry):
    """The block that has the function's arguments. (`function.get_body` of 3.9 takes no index that Python could pass.)"""
    found = []

    def visit(operation):
        block = operation.get_block()
        if block and block.get_num_arguments() and block.get_argument(0).id() == entry.args(0).id():
            found.append(block)

    module.walk(visit)
    return found[0]


def _ir_arguments(kind):
    """A descriptor also brings its shape and its strides."""
    if kind == "constexpr":
        return 0
    block = re.fullmatch(r"tensordesc<\w+\[(.*)\]>", kind)
    return 1 + 2 * len(block.group(1).split(",")) if block else 1


def _constant(value):
    """JSON has one kind of number and no types: {"float": 1} and {"dtype": "bf16"} say what was meant."""
    if isinstance(value, dict) and "float" in value:
        return float(value["float"])
    if isinstance(value, dict) and "dtype" in value:
        import triton.language as tl
        return tl.core.dtype(value["dtype"])
    if isinstance(value, list):
        return tuple(_constant(one) for one in value)
    return value


def _with_lines(module, context, file, lines):
    """Rewrites the locations of the generated Python to the ones of its own source, so that profilers show that."""
    places = {python: (_mlir_escaped(name), line, column) for python, name, line, column in lines}

    def moved(match):
        place = places.get(int(match.group(1)))
        return match.group(0) if place is None else f'"{place[0]}":{place[1]}:{place[2]}'

    text = re.sub(rf'"{re.escape(_mlir_escaped(file))}":(\d+):\d+', moved, str(module))
    with tempfile.NamedTemporaryFile("w", suffix=".ttir", delete=False) as out:
        out.write(text)
    moved_module = ir.parse_mlir_module(out.name, context)
    moved_module.context = context
    os.remove(out.name)
    return moved_module


def _without_asm_places(ptx):
    """Within inline assembly LLVM counts each line of its text as another line of the source: all of it belongs to the line before."""
    kept, inline = [], False
    for line in ptx.split("\n"):
        inline = (inline or "// begin inline asm" in line) and "// end inline asm" not in line
        if not (inline and re.match(r"\s*\.loc\s", line)):
            kept.append(line)
    return "\n".join(kept)


def _mlir_escaped(name):
    """The name as it stands between quotes in MLIR's text (LLVM's printEscapedString)."""
    def spelled(byte):
        if byte == ord("\\"):
            return "\\\\"
        return chr(byte) if 32 <= byte < 127 and byte != ord('"') else f"\\{byte:02X}"

    return "".join(spelled(byte) for byte in name.encode("utf-8", "replace"))


def _assemble(make_cubin, ptx, metadata, job):
    """
    Assembles at the lowest PTX version that ptxas accepts for this text, so that the same PTX also loads on a driver older
    than ptxas. The cubin's bytes do not depend on that version (a test checks it).
    """
    native = _ptx_version(ptx)
    fixed = job["options"].get("ptx_version")
    version = native if fixed else min(native, FIRST_PTX.get(job["arch"], native))
    while True:
        text = re.sub(r"\.version \d+\.\d+", f".version {version // 10}.{version % 10}", ptx, count=1)
        try:
            cubin, log = _run_ptxas(make_cubin, text, metadata)
            return cubin, text, {"ptxVersion": version, **_resources(log)}
        except PTXASError as error:
            if version == native:
                raise StageError("cubin", error, text) from error
            needed = [int(a) * 10 + int(b) for a, b in re.findall(r"requires PTX ISA \.version (\d+)\.(\d+)", str(error))]
            version = min(native, max(needed, default=native))


def _run_ptxas(make_cubin, text, metadata):
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        cubin = make_cubin(text, metadata)
    return cubin, log.getvalue()


knobs.nvidia.dump_ptxas_log = True


def _ptx_version(ptx):
    major, minor = re.search(r"\.version (\d+)\.(\d+)", ptx).groups()
    return int(major) * 10 + int(minor)


def _resources(log):
    """What `ptxas -v` says of the kernel. Functions that were not inlined add theirs to the spills."""
    spills = re.findall(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", log)
    return {
        "registers": max((int(n) for n in re.findall(r"Used (\d+) registers", log)), default=0),
        "barriers": max((int(n) for n in re.findall(r"used (\d+) barriers", log)), default=0),
        "stackBytes": sum(int(one[0]) for one in spills),
        "spillStoreBytes": sum(int(one[1]) for one in spills),
        "spillLoadBytes": sum(int(one[2]) for one in spills),
    }


def _launch_facts(metadata, options, ptx):
    return {
        "name": metadata.get("name"),
        "numWarps": metadata.get("num_warps", options.num_warps),
        "numStages": options.num_stages,
        "numCtas": options.num_ctas,
        "shared": metadata.get("shared", 0),
        "tmem": metadata.get("tmem_size") or 0,
        "globalScratchSize": metadata.get("global_scratch_size", 0),
        "globalScratchAlign": metadata.get("global_scratch_align", 1),
        "profileScratchSize": metadata.get("profile_scratch_size", 0),
        "profileScratchAlign": metadata.get("profile_scratch_align", 1),
        "tensorDescriptors": metadata.get("tensordesc_meta") or [],
        "launchPdl": options.launch_pdl,
        "cooperative": options.launch_cooperative_grid,
        "parameters": _entry_parameters(ptx) if ptx else [],
    }


_SIZES = {"8": 1, "16": 2, "32": 4, "64": 8}


def _entry_parameters(ptx):
    """Size and alignment of every argument in the entry's declaration: what cuFuncGetParamInfo will say."""
    declaration = re.search(r"\.visible \.entry \w+\((.*?)\)", ptx, re.DOTALL)
    parameters = []
    for line in declaration.group(1).splitlines() if declaration else []:
        array = re.search(r"\.param \.align (\d+) \.b8 \w+\[(\d+)\]", line)
        scalar = re.search(r"\.param \.[busf](\d+) ", line)
        if array:
            parameters.append({"size": int(array.group(2)), "align": int(array.group(1))})
        elif scalar:
            parameters.append({"size": _SIZES[scalar.group(1)], "align": _SIZES[scalar.group(1)]})
    return parameters


def _disassemble(cubin, line_info):
    """As Triton shows it, or with the lines of the source between the instructions."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as out:
        out.write(cubin)
        out.flush()
        if line_info:
            command = [knobs.nvidia.nvdisasm.path, "-gi", "-c", out.name]
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return extract(out.name, None)


def versions():
    """What this process has loaded and will run, and where from."""
    import triton
    from triton._C import libtriton
    return {
        "python": sys.version.split()[0],
        "triton": triton.__version__,
        "places": [triton.__file__, libtriton.__file__, knobs.nvidia.ptxas.path, knobs.nvidia.ptxas_blackwell.path],
        "ptxas": {"legacy": _tool_version(knobs.nvidia.ptxas), "current": _tool_version(knobs.nvidia.ptxas_blackwell)},
    }


def _tool_version(tool):
    """All of it ("13.4.59"), where Triton itself keeps only "13.4"."""
    said = subprocess.run([tool.path, "--version"], capture_output=True, text=True).stdout
    full = re.search(r"V(\d+(?:\.\d+)+)", said)
    return full.group(1) if full else tool.version

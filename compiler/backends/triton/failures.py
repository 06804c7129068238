"""Triton's, MLIR's and ptxas's ways of failing, as one shape: {stage, message, line, column, calls, detail}."""

import ast
import re
import traceback

from triton.compiler.errors import CompilationError

DETAIL_LIMIT = 32_000


def python_failure(error, file):
    """An exception while the generated module itself was executed."""
    if isinstance(error, SyntaxError) and error.filename == file:
        line, column, message = error.lineno, error.offset, error.msg
    else:
        frames = [one for one in traceback.extract_tb(error.__traceback__) if one.filename == file]
        line, column = (frames[-1].lineno, None) if frames else (None, None)
        message = f"{type(error).__name__}: {error}"
    return failure("python", message, line, column, "".join(traceback.format_exception(error)))


def stage_failure(error, source, printed):
    """A pipeline.StageError; `printed` is what the job wrote to the C-level stderr."""
    cause = error.cause
    if isinstance(cause, CompilationError):
        return _compilation_failure(cause, source, printed)
    if error.stage == "cubin":
        return _ptxas_failure(error, printed)
    diagnostic = mlir_diagnostic(printed, source.file)
    if diagnostic or error.stage != "ast":
        message, line, column = diagnostic or (str(cause) or type(cause).__name__, None, None)
        return failure("mlir", message, line, column, f"{cause}\n{printed}")
    if isinstance(cause, MemoryError):
        return failure("crash", "Triton ran out of memory", None, None, printed)
    return failure("triton", str(cause) or type(cause).__name__, None, None,
                   "".join(traceback.format_exception(cause)) + printed)


def failure(stage, message, line, column, detail, calls=()):
    return {
        "stage": stage,
        "message": message.strip(),
        "line": line,
        "column": column,
        "calls": list(calls),
        "detail": detail[:DETAIL_LIMIT],
    }


def _compilation_failure(error, source, printed):
    """
    A call of a device function wraps the callee's error, so the chain of causes is the stack of calls. The message is the
    innermost one; the place is the innermost one of our own module, since Triton's library is written in Triton too.
    """
    places, message, one = [], None, error
    while isinstance(one, CompilationError):
        start = source.line_of(one.src) if hasattr(one.node, "lineno") else None
        if start is not None:
            places.append({"line": start + one.node.lineno - 1, "column": one.node.col_offset + 1})
        message = _plain(one.error_message) or message
        last, one = one, one.__cause__
    if message is None:
        message = str(one or last)
    here = places[-1] if places else {"line": None, "column": None}
    return failure("triton", message, here["line"], here["column"], f"{error}\n{printed}", places[:-1])


def _plain(message):
    """Triton quotes some exceptions with repr: "NameError('q is not defined')" becomes what was said."""
    quoted = re.fullmatch(r"\w+\((.*)\)", message or "", re.DOTALL)
    if not quoted:
        return message
    try:
        said = ast.literal_eval(quoted.group(1))
    except (SyntaxError, ValueError):
        return message
    return said if isinstance(said, str) else message


def mlir_diagnostic(printed, file):
    """The first `file:line:column: error: …` of MLIR, the ones with a place in our module first."""
    found = re.findall(r'^(?:loc\()?"?([^"\n]+?)"?:(\d+)(?::(\d+))?\)?: error: (.*)$', printed, re.MULTILINE)
    for name, line, column, message in found:
        if name == file:
            return message, int(line), int(column or 1)
    return (found[0][3], None, None) if found else None


def _ptxas_failure(error, printed):
    text = str(error.cause)
    log = re.search(r"`ptxas` stderr:\n(.*?)(?:\nRepro command|\Z)", text, re.DOTALL)
    said = log.group(1) if log else text
    errors = re.findall(r"line (\d+); (?:error|fatal)\s*: (.*)", said)
    message = "; ".join(dict.fromkeys(one[1] for one in errors)) or text.splitlines()[0]
    line, column = _place_in_ptx(error.ptx, int(errors[0][0])) if errors else (None, None)
    return failure("ptxas", message, line, column, f"{said}\n{printed}")


def _place_in_ptx(ptx, number):
    """The last `.loc file line column` before a line of PTX; only there when it was compiled with line info."""
    for text in reversed(ptx.splitlines()[:number]):
        place = re.match(r"\s*\.loc\s+\d+\s+(\d+)\s+(\d+)", text)
        if place:
            return int(place.group(1)), int(place.group(2))
    return None, None

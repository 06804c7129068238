"""A generated Python module that exists only in memory, as Triton wants to see it."""

import hashlib
import linecache
import sys
import types
from collections import OrderedDict

_KEPT = 32
_modules = OrderedDict()


class KernelSource:
    """An executed module and the way from its functions back to its lines."""

    def __init__(self, text, file):
        self.text = text
        self.file = file
        lines = text.splitlines(keepends=True)
        # Triton reads the text of a function through inspect, and inspect through linecache; no mtime means "never stale".
        linecache.cache[file] = (len(text), None, lines, file)
        self.module = types.ModuleType("tilescript_" + hashlib.sha256(text.encode()).hexdigest()[:16])
        self.module.__file__ = file
        sys.modules[self.module.__name__] = self.module
        exec(compile(text, file, "exec"), self.module.__dict__)

    def function(self, name):
        """The @triton.jit function of that name, or None."""
        from triton.runtime.jit import JITFunction

        found = self.module.__dict__.get(name)
        return found if isinstance(found, JITFunction) else None

    def line_of(self, function_text):
        """The line of the `def` whose text Triton quotes in an error, or None for a function of Triton's own library."""
        from triton.runtime.jit import JITFunction

        for value in self.module.__dict__.values():
            if isinstance(value, JITFunction) and value.file_name == self.file and value.src == function_text:
                return value.def_file_line_number
        return None

    def forget(self):
        linecache.cache.pop(self.file, None)
        sys.modules.pop(self.module.__name__, None)


def load_source(text, file):
    """Executes the text once; variants of one kernel share the module."""
    key = (text, file)
    if key in _modules:
        _modules.move_to_end(key)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        return _modules[key]
    loaded = KernelSource(text, file)
    _modules[key] = loaded
    if len(_modules) > _KEPT:
        _, oldest = _modules.popitem(last=False)
        if oldest.file != file:
            oldest.forget()
    return loaded

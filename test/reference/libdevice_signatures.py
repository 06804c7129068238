"""The functions of Triton's libdevice with the dtypes that they take and give, as JSON: {"pow": [[["fp32", "int32"], "fp32"], ...], ...}."""

import ast
import importlib.util
import json

spec = importlib.util.find_spec("triton.language.extra.cuda.libdevice")
with open(spec.origin) as source:
    module = ast.parse(source.read())


def dtypes(node):
    """Names in `core.dtype("fp32")`, in order."""
    return [one.args[0].value for one in ast.walk(node) if isinstance(one, ast.Call)]


functions = {}
for function in (node for node in module.body if isinstance(node, ast.FunctionDef)):
    tables = (node for node in ast.walk(function) if isinstance(node, ast.Dict))
    pairs = [pair for table in tables for pair in zip(table.keys, table.values)]
    functions[function.name] = [[dtypes(given), dtypes(result)[0]] for given, result in pairs]
print(json.dumps(functions))

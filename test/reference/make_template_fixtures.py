"""Prints test/fixtures/templates.json: what Python's Jinja makes of templates, set up as transformers does it.

    pip install jinja2==3.1.6 && python test/reference/make_template_fixtures.py > test/fixtures/templates.json

Cases are in template_cases.json; null stands for one that Jinja refuses.
"""

import json
from pathlib import Path

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = Path(__file__).parent
MESSAGES = [{"role": "user", "content": "héllo\n"}, {"role": "assistant", "content": "x"}]
VALUES = {"add_generation_prompt": True, "bos_token": "<s>", "eos_token": "</s>", "tools": None, "documents": None}


class Generation(Extension):
    """{% generation %} marks what is trained on; in what is put out it changes nothing."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_said"), [], [], body).set_lineno(line)

    def _said(self, caller):
        return caller()


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def raise_exception(message):
    raise TemplateError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = raise_exception


def rendered(source):
    try:
        return environment.from_string(source).render(messages=MESSAGES, **VALUES)
    except (TemplateError, TypeError, ValueError):
        return None


cases = json.loads((HERE / "template_cases.json").read_text())
lines = [json.dumps([source, rendered(source)], ensure_ascii=False) for source in cases]
print("[\n" + ",\n".join(lines) + "\n]")

"""The settings as TOML for people: the manual made of the schema's docstrings, or what is in force.

`config show` prints it. The text under each field in `schema.py` is read from the source once, so
that there is no second place to keep it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from sysmon_tui.settings import environment, schema, toml
from sysmon_tui.settings.fields import FIELDS, SECTIONS, Field, Source, allowed, value_of
from sysmon_tui.settings.schema import Settings
from sysmon_tui.settings.store import Loaded

WIDTH = 96


def field_docs() -> dict[str, str]:
    """What each setting means, by dotted path; a section's own text under its name."""
    classes = {
        node.name: node
        for node in ast.parse(inspect.getsource(schema)).body
        if isinstance(node, ast.ClassDef)
    }
    docs: dict[str, str] = {}
    for section, struct in SECTIONS.items():
        node = classes[struct.__name__]
        docs[section] = ast.get_docstring(node) or ""
        for name, text in _documented(node):
            docs[f"{section}.{name}"] = text
    return docs


def _documented(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Each annotated name that a string literal follows, with that string."""
    for declared, text in zip(node.body, node.body[1:], strict=False):
        match declared, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(literal))),
            ):
                yield name, inspect.cleandoc(literal)


def manual() -> str:
    """Every setting explained, each commented out at its default: a file to start from."""
    docs = field_docs()
    blocks = []
    for section in SECTIONS:
        lines = [*_comment(docs[section]), f"[{section}]"]
        for path, field in FIELDS.items():
            if field.section == section:
                lines += ["", *_comment(docs[path]), *_facts(field)]
                lines.append(f"#{field.name} = {toml.value(field.default)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _facts(field: Field) -> list[str]:
    return _comment(f"{allowed(field.type).capitalize()}. {environment.variable(field)}")


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]


def effective(settings: Settings, provenance: Mapping[str, Source]) -> str:
    """Every setting in force with where it comes from, as a TOML file that says the same."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
        for path, field in FIELDS.items():
            if field.section == section:
                source = provenance.get(path, Source.DEFAULT)
                lines.append(f"{field.name} = {toml.value(value_of(settings, path))}  # {source}")
    for rule in settings.rules:
        lines += ["", "[[rules]]"]
        lines += [f"{toml.key(name)} = {toml.value(value)}" for name, value in rule.items()]
    return "\n".join(lines) + "\n"


def as_object(loaded: Loaded) -> dict[str, Any]:
    """The same as plain values: each setting with its source under its dotted path."""
    return {
        "path": str(loaded.path),
        "settings": {
            path: {"value": value_of(loaded.settings, path), "source": loaded.provenance[path]}
            for path in FIELDS
        },
        "rules": loaded.settings.rules,
        "problems": [str(problem) for problem in loaded.problems],
    }

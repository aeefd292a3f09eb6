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

import msgspec

from sysmon_tui.model.redact import MASK, mask_arguments, mask_text
from sysmon_tui.settings import environment, schema, toml
from sysmon_tui.settings.fields import (
    FIELDS,
    SECTIONS,
    Field,
    Source,
    allowed,
    default_of,
    is_struct,
    is_tables,
    item_type,
    value_of,
)
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
    for path, field in FIELDS.items():
        if is_tables(field.type):
            node = classes[item_type(field.type).__name__]
            docs |= {f"{path}.{name}": text for name, text in _documented(node)}
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
                lines += _default(field, docs)
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _default(field: Field, docs: Mapping[str, str]) -> list[str]:
    """The line that says the default; of a list of tables, one such table with its fields."""
    if not is_tables(field.type):
        return [f"#{field.name} = {toml.value(field.default)}"]
    lines = [f"#   [[{field.path}]]"]
    for info in msgspec.structs.fields(item_type(field.type)):
        lines += _comment(f"{docs[f'{field.path}.{info.name}']} {allowed(info.type).capitalize()}.")
        lines.append(f"#   {info.encode_name} = {toml.value(default_of(info))}")
    return lines


def _facts(field: Field) -> list[str]:
    if is_tables(field.type):
        return []
    return _comment(f"{allowed(field.type).capitalize()}. {environment.variable(field)}")


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]


def effective(settings: Settings, provenance: Mapping[str, Source]) -> str:
    """Every setting in force with where it comes from, as a TOML file that says the same, but for
    secrets in it."""
    lines: list[str] = []
    for section in SECTIONS:
        lines += ["", f"[{section}]"] if lines else [f"[{section}]"]
        for path, field in FIELDS.items():
            if field.section == section:
                source = provenance.get(path, Source.DEFAULT)
                value = toml.value(_plain(value_of(settings, path)))
                lines.append(f"{field.name} = {value}  # {source}")
    for rule in settings.rules:
        lines += ["", "[[rules]]"]
        lines += [f"{toml.key(name)} = {toml.value(value)}" for name, value in rule.items()]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """Receivers as the tables they were, without what they left out and without secrets."""
    if isinstance(value, tuple) and value and is_struct(type(value[0])):
        return [
            {
                info.encode_name: _masked(info.name, given)
                for info in msgspec.structs.fields(item)
                if (given := getattr(item, info.name)) != default_of(info)
            }
            for item in value
        ]
    return value


def _masked(name: str, value: Any) -> Any:
    """What people print of their settings they also paste somewhere."""
    if name == "headers":
        return dict.fromkeys(value, MASK)
    if name == "argv":
        return list(mask_arguments(value))
    return mask_text(value) if isinstance(value, str) else value


def as_object(loaded: Loaded) -> dict[str, Any]:
    """The same as plain values: each setting with its source under its dotted path."""
    return {
        "path": str(loaded.path),
        "settings": {
            path: {
                "value": _plain(value_of(loaded.settings, path)),
                "source": loaded.provenance[path],
            }
            for path in FIELDS
        },
        "rules": loaded.settings.rules,
        "problems": [str(problem) for problem in loaded.problems],
    }

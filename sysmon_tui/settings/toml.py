"""What tomllib lacks: the line on which a key stands, and the spelling of a value.

`decode` asks where a bad value is, so that the user's editor can go there; `document` and the
problems print values. Nothing here changes a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from math import isinf, isnan
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]
"""From the root to a value: names of keys, and 0-based positions in lists of tables."""

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"[ \t]*(\[\[?)[ \t]*({_KEY})[ \t]*\]")
_ASSIGNMENT = re.compile(rf"[ \t]*({_KEY})[ \t]*=")
_PARTS = re.compile(_PART)
_LONG_QUOTES = re.compile(r'"""|\'\'\'')
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def line_of(text: str, path: KeyPath) -> int:
    """The 1-based line of the deepest part of `path` that the text names; 0 if it names none.

    A key inside an inline table or a list is found as the line of what holds it.
    """
    lines = dict(_lines(text))
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _lines(text: str) -> Iterator[tuple[KeyPath, int]]:
    """Every key and table header with its line, without parsing values."""
    table: KeyPath = ()
    seen: dict[KeyPath, int] = {}
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        inside = quote
        quote = _open_quote(line, quote)
        if inside:
            continue
        if header := _HEADER.match(line):
            *parents, name = _split(header[2])
            table = (*_placed(parents, seen), name)
            if header[1] == "[[":
                seen[table] = seen.get(table, -1) + 1
                table = (*table, seen[table])
            yield table, number
        elif assignment := _ASSIGNMENT.match(line):
            key = _split(assignment[1])
            for depth in range(len(table) + 1, len(table) + len(key) + 1):
                yield (*table, *key)[:depth], number


def _placed(keys: Iterable[str], seen: Mapping[KeyPath, int]) -> KeyPath:
    """Keys of a header with the position in each list of tables that they lead through."""
    path: KeyPath = ()
    for name in keys:
        path = (*path, name)
        if path in seen:
            path = (*path, seen[path])
    return path


def _open_quote(line: str, quote: str) -> str:
    """The long quotation mark still open after `line`."""
    for mark in _LONG_QUOTES.findall(line):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = ""
    return quote


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PARTS.findall(dotted))


def key(name: str) -> str:
    """A key as TOML spells it: bare where that is allowed."""
    return name if _BARE.fullmatch(name) else _text(name)


def value(of: Any) -> str:
    """Any value tomllib can return, on one line and in printable characters."""
    match of:
        case bool():
            return "true" if of else "false"
        case str():
            return _text(of)
        case float():
            return _float(of)
        case date() | time():
            return of.isoformat()
        case Mapping():
            pairs = ", ".join(f"{key(str(name))} = {value(item)}" for name, item in of.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(map(value, of))}]"
        case _:
            return str(of)


def _text(of: str) -> str:
    return f'"{"".join(map(_character, of))}"'


def _character(one: str) -> str:
    if one in _ESCAPED:
        return _ESCAPED[one]
    if one.isprintable():
        return one
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"


def _float(of: float) -> str:
    if isnan(of):
        return "nan"
    if isinf(of):
        return "inf" if of > 0 else "-inf"
    return repr(of)

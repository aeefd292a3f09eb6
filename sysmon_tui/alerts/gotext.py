"""Prometheus's annotation templates in our words, where they can be said; for `alerts.promrules`.

A template there is a program; rule files use it to put in the value and labels. That much is
translated, anything else is told to be beyond us.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_LABEL = re.compile(r"(?:\$labels|\.Labels)\.([A-Za-z_][A-Za-z0-9_]*)")
_VALUE = re.compile(
    r'(?:printf\s+"[^"]*"\s+)?(?:\$value|\.Value)(?:\s*\|\s*(?P<with>[A-Za-z0-9]+)(?:\s+"[^"]*")?)?'
)
_UNITS = {
    "humanizePercentage": "ratio",
    "humanize1024": "bytes",
    "humanizeDuration": "duration",
    "humanize": "count",
    "printf": "count",
    None: "count",
}


class Translated(NamedTuple):
    text: str
    """A template of ours; empty where the original is beyond us."""
    unit: str
    """How its value is spelled: a key of `model.summary.UNITS`."""
    beyond: str
    """The first action that could not be translated."""


def translate(template: str) -> Translated:
    unit = "count"
    parts: list[str] = []
    pieces = _ACTION.split(template)
    for literal, action in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        parts.append(literal)
        if found := _LABEL.fullmatch(action):
            parts.append(f"{{label:{found[1]}}}")
        elif (found := _VALUE.fullmatch(action)) and found["with"] in _UNITS:
            unit = _UNITS[found["with"]]
            parts.append("{value}")
        elif action:
            return Translated("", unit, action)
    return Translated("".join(parts), unit, "")

"""An alert's sentence: the rule's template with figures and labels filled in.

Not `str.format`: labels come from outside and templates from a file, and neither may reach into
objects or break on a brace. What is filled in is never looked at again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite

from sysmon_tui.model import units
from sysmon_tui.model.gotemplate import rendered
from sysmon_tui.model.metric import Labels, label
from sysmon_tui.model.text import SafeText, clean

FIELDS = ("{value}", "{worst}", "{rule}", "{label:NAME}")
"""What a template may contain."""


def _count(value: float) -> str:
    """Whole up to 99,999, because "1.2k processes" is vaguer than a person wants."""
    if isfinite(value) and abs(value) < 99_999.5 and (abs(value) >= 10.0 or value == int(value)):
        return str(round(value))
    return units.number(value)


def _per_second(value: float) -> str:
    return f"{units.number(value)}/s"


UNITS: Mapping[str, Callable[[float], str]] = {
    "ratio": units.percent,
    "bytes": units.size,
    "bytes_per_second": units.rate,
    "seconds": units.latency,
    "duration": units.duration,
    "celsius": units.celsius,
    "count": _count,
    "per_second": _per_second,
}
"""How a rule's unit is spelled."""

_FIELD = re.compile(r"\{(value|worst|rule|label:[A-Za-z_][A-Za-z0-9_]*)\}")
_BRACED = re.compile(r"\{([^{}]*)\}")


def unknown_fields(template: str) -> tuple[str, ...]:
    """What stands in braces and is nothing we fill in; those of Prometheus's are its own."""
    if "{{" in template:
        return ()
    found = (match[0] for match in _BRACED.finditer(template))
    return tuple(field for field in found if not _FIELD.fullmatch(field))


def render(
    template: str, unit: str, rule: str, labels: Labels, value: float, worst: float
) -> SafeText:
    """The sentence, cleaned; the rule's name where there is no template.

    One with `{{` in it is a template of Prometheus, unless it is more than we can fill in.
    """
    if "{{" in template and (said := rendered(template, labels, value)) is not None:
        return clean(said)
    spell = UNITS.get(unit, units.number)
    parts: list[str] = []
    for literal, field in _parsed(template or "{rule}"):
        parts.append(literal)
        if field == "value":
            parts.append(spell(value))
        elif field == "worst":
            parts.append(spell(worst))
        elif field == "rule":
            parts.append(rule)
        elif field:
            parts.append(label(labels, field.removeprefix("label:")))
    return clean("".join(parts))


@lru_cache(maxsize=256)
def _parsed(template: str) -> tuple[tuple[str, str], ...]:
    """(literal text, field after it) pairs; no field after the last one."""
    pieces = _FIELD.split(template)
    return tuple(zip(pieces[::2], [*pieces[1::2], ""], strict=True))

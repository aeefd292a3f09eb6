"""An annotation's template filled in exactly as Prometheus would.

Summaries of imported rules go through this, and rule tests compare with it. What needs more of
Go's templates than values and labels is beyond us. Formats are those of Prometheus 2.42.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite

from sysmon_tui.model.metric import Labels, label

_ACTION = re.compile(r"\{\{\s*((?:\"[^\"]*\"|[^{}\"])*?)\s*\}\}")
_LABEL = re.compile(r"(?:\$labels|\.Labels)\.([A-Za-z_][A-Za-z0-9_]*)")
_VALUE = r"(?:\$value|\.Value)"
_PLAIN = re.compile(_VALUE)
_FUNCTION = re.compile(rf"{_VALUE}\s*\|\s*([A-Za-z0-9]+)|([A-Za-z0-9]+)\s+{_VALUE}")
_FORMAT = r'printf\s+"([^"%\\]*)(%(?:\.\d)?[efg])([^"%\\]*(?:%%)?[^"%\\]*)"'
_PRINTED = re.compile(rf"{_FORMAT}\s+{_VALUE}|{_VALUE}\s*\|\s*{_FORMAT}")
_TEXT = re.compile(r'"([^"\\]*)"')


_EXPONENT = 6
"""From so many digits on Go prints a number with an exponent."""


def rendered(template: str, labels: Labels, value: float) -> str | None:
    """The text; None where the template does what we cannot."""
    pieces = _ACTION.split(template)
    parts = [pieces[0]]
    for action, literal in zip(pieces[1::2], pieces[2::2], strict=True):
        said = _act(action, labels, value)
        if said is None:
            return None
        parts += (said, literal)
    # What is left over in braces was no action we know.
    return None if any("{{" in literal for literal in pieces[::2]) else "".join(parts)


def _act(action: str, labels: Labels, value: float) -> str | None:
    if found := _LABEL.fullmatch(action):
        return label(labels, found[1])
    if _PLAIN.fullmatch(action):
        return go_float(value)
    if found := _TEXT.fullmatch(action):
        return found[1]
    if found := _FUNCTION.fullmatch(action):
        function = _FUNCTIONS.get(found[1] or found[2])
        return function(value) if function else None
    if found := _PRINTED.fullmatch(action):
        before, form, after = found.groups()[:3] if found[2] else found.groups()[3:]
        return f"{before}{_printed(form, value)}{after.replace('%%', '%')}"
    return None


def go_float(value: float) -> str:
    """As Go prints a number by itself: shortest, with an exponent from a million on."""
    if not isfinite(value):
        return _odd(value)
    number = Decimal(repr(value))
    exponent = number.adjusted() if number else 0
    if -4 <= exponent < _EXPONENT:
        return format(number, "f").removesuffix(".0")
    sign, digits, _ = number.normalize().as_tuple()
    text = "".join(map(str, digits))
    mantissa = f"{text[0]}.{text[1:]}" if text[1:] else text
    return f"{'-' * sign}{mantissa}e{exponent:+03d}"


def _odd(value: float) -> str:
    return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"


def _printed(form: str, value: float) -> str:
    return form % value if isfinite(value) else _odd(value)


def _short(value: float) -> str:
    return _printed("%.4g", value)


def _scaled(value: float, base: float, prefixes: str) -> str:
    prefix = ""
    for each in prefixes.split():
        if abs(value) < base:
            break
        prefix, value = each, value / base
    return f"{_short(value)}{prefix}"


def _lessened(value: float) -> str:
    prefix = ""
    for each in "munpfazy":
        if abs(value) >= 1.0:
            break
        prefix, value = each, value * 1000.0
    return f"{_short(value)}{prefix}"


def _humanize(value: float) -> str:
    if value == 0.0 or not isfinite(value):
        return _short(value)
    return _scaled(value, 1000.0, "k M G T P E Z Y") if abs(value) >= 1.0 else _lessened(value)


def _humanize_1024(value: float) -> str:
    if abs(value) <= 1.0 or not isfinite(value):
        return _short(value)
    return _scaled(value, 1024.0, "ki Mi Gi Ti Pi Ei Zi Yi")


def _humanize_duration(value: float) -> str:
    if not isfinite(value):
        return _short(value)
    if value == 0.0:
        return f"{_short(value)}s"
    if abs(value) < 1.0:
        return f"{_lessened(value)}s"
    sign = "-" if value < 0.0 else ""
    value = abs(value)
    minutes, seconds = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{_short(value)}s"


_FUNCTIONS: Mapping[str, Callable[[float], str]] = {
    "humanize": _humanize,
    "humanize1024": _humanize_1024,
    "humanizeDuration": _humanize_duration,
    "humanizePercentage": lambda value: f"{_short(value * 100.0)}%",
}

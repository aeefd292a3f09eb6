"""Functions of a vector: each value by itself, or the whole of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from sysmon_tui.model.metric import Labels, SeriesKey
from sysmon_tui.model.silence import Matcher, MatchOp
from sysmon_tui.promql import floats
from sysmon_tui.promql.errors import PromqlError

EACH: dict[str, Callable[[float], float]] = {
    "abs": abs,
    "ceil": floats.ceil,
    "floor": floats.floor,
    "sqrt": floats.root,
    "ln": floats.logarithm(math.log),
    "log2": floats.logarithm(math.log2),
    "log10": floats.logarithm(math.log10),
    "exp": floats.exponential,
    "sgn": floats.sign,
}
WITH_SCALARS: dict[str, Callable[..., float]] = {
    "round": lambda value, step=1.0: floats.nearest(value, step),
    "clamp": lambda value, low, high: floats.largest(low, floats.smallest(high, value)),
    "clamp_min": floats.largest,
    "clamp_max": floats.smallest,
}


def absent_labels(matchers: tuple[Matcher, ...]) -> Labels:
    """What a series that is not there would be called, as far as its selector says."""
    found: dict[str, str] = {}
    seen = set()
    for matcher in matchers:
        if matcher.op is MatchOp.EQUAL and matcher.name not in seen:
            seen.add(matcher.name)
            found[matcher.name] = matcher.value
        else:
            found.pop(matcher.name, None)
    return tuple(sorted((name, value) for name, value in found.items() if value))


def label_replace(
    vector: Mapping[Labels, float], target: str, replacement: str, origin: str, regex: str
) -> dict[Labels, float]:
    """Write `target` from what the pattern finds in the whole of `origin`."""
    pattern = _compiled(regex)
    found: dict[Labels, float] = {}
    for labels, value in vector.items():
        carried = dict(labels)
        match = pattern.fullmatch(carried.get(origin, ""))
        if match is not None:
            written = _expanded(match, replacement)
            carried.pop(target, None)
            if written:
                carried[target] = written
        key = tuple(sorted(carried.items()))
        if key in found:
            raise PromqlError(
                f"label_replace makes two series {SeriesKey('', key)}",
                "Write a label that keeps them apart",
            )
        found[key] = value
    return found


_REFERENCE = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+)|(\$))")


def _expanded(match: re.Match[str], template: str) -> str:
    """As Go's Expand: $1, ${1}, $name, $$; what was not found is empty."""

    def group(reference: re.Match[str]) -> str:
        if reference[3]:
            return "$"
        name: str = reference[1] or reference[2]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except (IndexError, ValueError):
            return ""

    return _REFERENCE.sub(group, template)


@lru_cache(maxsize=64)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)

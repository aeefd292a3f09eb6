"""promtool's notation for the samples of a rule test: `1+2x10 _ _x3 stale NaN`.

`alerts.ruletest` fills a source with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.silence import MatchOp
from sysmon_tui.promql import PromqlError, Recorded, parse
from sysmon_tui.promql.ast import Selector

MOST = 1_000_000
"""Samples of one item; more is a slip of the pen."""

_NUMBER = r"(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|inf|nan)"
_ITEM = re.compile(rf"([-+]?{_NUMBER})(?:([-+]{_NUMBER})?x(\d{{1,7}}))?", re.IGNORECASE)
_GAP = re.compile(r"_(?:x(\d{1,7}))?")

Value = float | None


class Misspelt(ValueError):
    """A series that is none, or a value; what is wrong with it."""


def fill(source: Recorded, series: str, values: str, interval: float) -> None:
    """Put a series in, from the second 0 on, one value in `interval` seconds."""
    name, carried = named(series)
    for number, (there, value) in enumerate(expand(values)):
        if there:
            source.add(name, carried, number * interval, value)


def named(series: str) -> tuple[str, Labels]:
    """`up{job="node"}` as its name and labels."""
    try:
        found = parse(series)
    except PromqlError as error:
        raise Misspelt(f"{series}: {error}") from None
    if not isinstance(found, Selector) or any(
        one.op is not MatchOp.EQUAL for one in found.matchers
    ):
        raise Misspelt(f'{series} is no series; write name{{label="value"}}')
    pairs = {one.name: one.value for one in found.matchers if one.value}
    return found.name, labels(**pairs)


def expand(values: str) -> Iterator[tuple[bool, Value]]:
    """Whether there is a sample, and its value; None ends the series for now (`stale`)."""
    for item in values.split():
        if item == "stale":
            yield True, None
        elif gap := _GAP.fullmatch(item):
            yield from [(False, None)] * int(gap[1] or 1)
        elif found := _ITEM.fullmatch(item):
            yield from _run(float(found[1]), float(found[2] or 0), int(found[3] or 0))
        else:
            raise Misspelt(f"{item} is no value; write for instance 5, 1+2x10, _x3 or stale")


def _run(value: float, step: float, times: int) -> Iterator[tuple[bool, Value]]:
    if times > MOST:
        raise Misspelt(f"{times} samples are too many")
    for _ in range(times + 1):
        yield True, value
        # Added up one by one, as promtool does: the last digit may depend on it.
        value += step

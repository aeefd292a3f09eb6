"""Samples of one series to `Stats`: the one place where a counter's steps become increases.

The roller feeds a minute at a time, readers of raw history what falls into a bucket; both carry
the sample before along, so that no increase is lost between two spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import nan

from sysmon_tui.model.curve import Stats
from sysmon_tui.model.metric import is_counter

MAX_GAP = 300.0
"""Seconds: over a longer gap (suspend, a new session) a counter has no rate, as in
`processors.rate`."""


class Gauge:
    """`take` whatever was sampled in a span; NaN is no sample."""

    __slots__ = ()

    def take(self, monos: Sequence[float], values: Sequence[float]) -> Stats:
        total = sum(values)
        if total != total:
            values = [value for value in values if value == value]
            total = sum(values)
        if not values:
            return Stats(0.0, nan, nan, nan, nan)
        return Stats(float(len(values)), total, min(values), max(values), values[-1])


class Counter:
    """The same for a counter; knows its newest sample."""

    __slots__ = ("_before",)

    def __init__(self) -> None:
        self._before: tuple[float, float] | None = None
        """Monotonic time and value."""

    def take(self, monos: Sequence[float], values: Sequence[float]) -> Stats:
        samples = [(at, value) for at, value in zip(monos, values, strict=True) if value == value]
        if not samples:
            return Stats(0.0, nan, nan, nan, nan)
        chain = samples if self._before is None else [self._before, *samples]
        self._before = last = samples[-1]
        seconds, increase, rates = 0.0, 0.0, []
        for (at, old), (then, new) in pairwise(chain):
            elapsed = then - at
            if 0.0 < elapsed <= MAX_GAP:
                step = _step(old, new)
                seconds += elapsed
                increase += step
                rates.append(step / elapsed)
        if not rates:
            return Stats(0.0, nan, nan, nan, last[1])
        # Rounded to what clocks tell, because sums of decimals are none: they pack badly.
        return Stats(round(seconds, 3), round(increase, 9), min(rates), max(rates), last[1])


def _step(old: float, new: float) -> float:
    """How much a counter grew. One that fell was reset and has counted `new` since; one that fell
    a little is not exact, as idle time is not (proc_stat(5)), and did not grow."""
    if new >= old:
        return new - old
    return new if new < old / 2 else 0.0


def meter(name: str) -> Gauge | Counter:
    """A fresh one for a series of this metric."""
    return Counter() if is_counter(name) else Gauge()

"""Counters to rates, the one place where it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import nan
from operator import sub

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.ports import ByColumns, Columns
from sysmon_tui.model.sample import Batch

MAX_GAP = 300.0


class Rates:
    """Keeps the previous batch; `per_second` answers for the one fed last.

    A counter that went backwards was reset (reboot, driver reload, wrap): its increase is what it
    counted since, as Prometheus' `rate()` has it. A gap longer than `max_gap` seconds (suspend)
    yields nothing rather than an average over the night.
    """

    __slots__ = ("_current", "_max_gap", "_previous", "elapsed")

    def __init__(self, max_gap: float = MAX_GAP) -> None:
        self._previous: Batch | None = None
        self._current: Batch | None = None
        self._max_gap = max_gap
        self.elapsed = 0.0
        """Seconds between the two batches; 0 while there is no pair."""

    def feed(self, batch: Batch) -> bool:
        """Take the next batch; true if there is a pair to derive from."""
        self._previous, self._current = self._current, batch
        self.elapsed = 0.0
        if self._previous is not None:
            elapsed = batch.mono - self._previous.mono
            if 0.0 < elapsed <= self._max_gap:
                self.elapsed = elapsed
        return self.elapsed > 0.0

    def increase(self, name: str, slack: float = 0.0) -> dict[Labels, float]:
        """How much each series of a counter family grew; series seen only once are left out.

        A step back of at most `slack` is no reset but a counter that is not exact: no growth.
        """
        return dict(zip(*self.growth(name, slack), strict=True))

    def per_second(self, name: str) -> dict[Labels, float]:
        keys, grown = self.growth(name)
        if not keys:
            return {}
        elapsed = self.elapsed
        return dict(zip(keys, [value / elapsed for value in grown], strict=True))

    def growth(self, name: str, slack: float = 0.0) -> tuple[list[Labels], list[float]]:
        """`increase` as two columns: of hundreds of series, looking each up by its labels is what
        takes time."""
        if self._previous is None or self._current is None or not self.elapsed:
            return [], []
        now = self._current.families.get(name)
        before = self._previous.families.get(name) if now else None
        if not now or not before:
            return [], []
        keys = list(now)
        if keys == list(before):
            return keys, increases(before.values(), now.values(), slack)
        keys = [key for key in keys if key in before]
        pairs = [(before[key], now[key]) for key in keys]
        return keys, increases((old for old, _ in pairs), (new for _, new in pairs), slack)


def increases(before: Iterable[float], now: Iterable[float], slack: float = 0.0) -> list[float]:
    """How much counters grew, one by one."""
    return [
        value - old if value >= old else (0.0 if old - value <= slack else value)
        for old, value in zip(before, now, strict=True)
    ]


def spans(monos: Sequence[float]) -> list[float]:
    """`Rates.elapsed` of each pair of batches in a row; NaN where that is 0."""
    gaps = map(sub, monos[1:], monos)
    return [gap if 0.0 < gap <= MAX_GAP else nan for gap in gaps]


def growth(column: Sequence[float], slack: float = 0.0) -> list[float]:
    """How much a counter grew from each of its values to the next."""
    grown = list(map(sub, column[1:], column))
    # Nearly no column has a step back, and then the difference is all there is to it.
    if grown and not min(grown) >= 0.0:
        return increases(column[:-1], column[1:], slack)
    return grown


def rated(counter: str) -> ByColumns:
    """`Rates.per_second` of a counter, for many batches at once."""

    def per_second(monos: Sequence[float], families: Mapping[str, Columns]) -> Columns:
        elapsed = spans(monos)
        return {
            key: [value / gap for value, gap in zip(growth(column), elapsed, strict=True)]
            for key, column in families.get(counter, {}).items()
        }

    return per_second

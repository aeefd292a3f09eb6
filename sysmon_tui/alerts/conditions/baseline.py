"""What is usual at an hour of the day, from the same hours of the last days; for anomalies.

Read anew in the background once an hour, because it takes a disk. Until then the hour before
stands, and nothing where there was none. Of each series two numbers are kept.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.ports import Past
from sysmon_tui.model.rule import Rule

History: TypeAlias = Callable[[str, float, float], Mapping[Labels, Sequence[float]]]
"""The means a minute of a metric's series in a range of time (seconds since the epoch), NaN where
nothing was recorded. May block, and raise `StoreError`."""

HOUR = 3600.0
DAY = 86400.0
ENOUGH_DAYS = 3
"""Days that must have had the series at this hour: of one or two nobody can say what is usual."""
FIRST_READ = 60.0
"""Seconds from the first question on: a program that starts has better things to do."""
MINUTE = 60.0

Series: TypeAlias = tuple[str, Labels]


class Baseline:
    """Asked on the engine's thread, filled on another."""

    def __init__(
        self,
        rules: Iterable[Rule],
        history: History,
        in_background: Callable[[Callable[[], None]], object],
    ) -> None:
        """Reads for the gauges `rules` mark; `in_background` runs a job and returns at once."""
        marked = [rule for rule in rules if rule.kind == "anomaly"]
        self._metrics = frozenset(rule.metric for rule in marked)
        self._days = int(max((rule.over for rule in marked), default=0.0) / DAY)
        self._history = history
        self._in_background = in_background
        self._asked_at: float | None = None
        self._hour = -1
        self._usual: Mapping[Series, tuple[float, float]] = {}

    def at(self, metric: str, labels: Labels, now: float) -> tuple[float, float] | None:
        if self._asked_at is None:
            self._asked_at = now
        hour = int(now // HOUR)
        if hour != self._hour and abs(now - self._asked_at) >= FIRST_READ:
            self._hour = hour
            self._in_background(lambda: self._read(hour * HOUR))
        return self._usual.get((metric, labels))

    def _read(self, begin: float) -> None:
        values: dict[Series, array[float]] = {}
        days: dict[Series, int] = {}
        for day in range(1, self._days + 1):
            start = begin - day * DAY
            try:
                found = self._of_an_hour(start)
            except StoreError:
                # Whoever records tells of it; what was usual before is as good as anything.
                return
            for series, seen in found.items():
                values.setdefault(series, array("d")).extend(seen)
                days[series] = days.get(series, 0) + 1
        self._usual = {
            series: _spread(seen) for series, seen in values.items() if days[series] >= ENOUGH_DAYS
        }

    def _of_an_hour(self, start: float) -> dict[Series, array[float]]:
        found = {
            (metric, labels): array("d", [value for value in values if value == value])
            for metric in sorted(self._metrics)
            for labels, values in self._history(metric, start, start + HOUR).items()
        }
        return {series: seen for series, seen in found.items() if seen}


def recorded(past: Callable[[], Past | None]) -> History:
    """The history of a store that may not be open yet; its rollups outlive what was recorded."""

    def read(metric: str, start: float, end: float) -> Mapping[Labels, Sequence[float]]:
        store = past()
        if store is None:
            return {}
        curves = store.series(metric, start, end, round((end - start) / MINUTE))
        return {key.labels: curve.mean for key, curve in curves.items()}

    return read


def _spread(values: Iterable[float]) -> tuple[float, float]:
    """Median, and median absolute deviation from it."""
    from statistics import median  # not before something was recorded: it loads much

    seen = list(values)
    middle = median(seen)
    return middle, median(abs(value - middle) for value in seen)

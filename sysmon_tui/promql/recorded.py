"""A source of samples written down: the series of a rule's test, or a stretch of history.

Unlike `Recent` it forgets nothing unasked and can be asked about any moment.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from sysmon_tui.model.metric import Labels
from sysmon_tui.model.silence import Matcher
from sysmon_tui.promql.source import LOOKBACK, matches


class Recorded:
    def __init__(self) -> None:
        self._series: dict[str, dict[Labels, tuple[list[float], list[float | None]]]] = {}

    def add(self, name: str, labels: Labels, at: float, value: float | None) -> None:
        """A sample at `at` seconds; None says the series ends there (a staleness marker).

        Samples of a series come in the order of time. Labels are sorted and none is empty.
        """
        times, values = self._series.setdefault(name, {}).setdefault(labels, ([], []))
        times.append(round(at * 1000.0) / 1000.0)
        values.append(value)

    def forget(self, before: float) -> None:
        """Let go of samples older than `before`, and of series that have no other."""
        for name, family in tuple(self._series.items()):
            for labels, (times, values) in tuple(family.items()):
                count = bisect_left(times, before)
                del times[:count], values[:count]
                if not times:
                    del family[labels]
            if not family:
                del self._series[name]

    def instant(self, name: str, matchers: tuple[Matcher, ...], at: float) -> dict[Labels, float]:
        found = {}
        for labels, times, values in self._matching(name, matchers):
            index = bisect_right(times, at) - 1
            value = values[index] if index >= 0 else None
            if value is not None and round((at - times[index]) * 1000.0) <= LOOKBACK * 1000.0:
                found[labels] = value
        return found

    def window(
        self, name: str, matchers: tuple[Matcher, ...], start: float, end: float
    ) -> dict[Labels, list[tuple[float, float]]]:
        found = {}
        for labels, times, values in self._matching(name, matchers):
            span = slice(bisect_left(times, start), bisect_right(times, end))
            points = [
                (at, value)
                for at, value in zip(times[span], values[span], strict=True)
                if value is not None
            ]
            if points:
                found[labels] = points
        return found

    def _matching(
        self, name: str, matchers: tuple[Matcher, ...]
    ) -> Iterator[tuple[Labels, list[float], list[float | None]]]:
        for labels, (times, values) in self._series.get(name, {}).items():
            if matches(labels, matchers):
                yield labels, times, values

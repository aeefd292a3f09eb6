"""The past of the scene: what a `Lookback` tells of the ten minutes before it, and of days."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from math import ceil, floor

from sysmon_tui.model.curve import Curve, Stats
from sysmon_tui.model.difference import Difference, difference
from sysmon_tui.model.metric import SeriesKey
from sysmon_tui.model.tick import Tick


class Bygone:
    """Answers from a function of the moment; `asked` remembers every moment that was read."""

    def __init__(self, moment: Callable[[float], Tick]) -> None:
        self._moment = moment
        self.asked: list[float] = []
        self.ranges: list[tuple[float, float]] = []
        self.fails: Exception | None = None

    def tick(self, at: float) -> Tick:
        if self.fails is not None:
            raise self.fails
        self.asked.append(at)
        return self._moment(at)

    def ticks(
        self, start: float, end: float, step: float, metrics: Collection[str]
    ) -> Iterator[Tick]:
        self.ranges.append((start, end))
        return (self._moment(n * step) for n in range(ceil(start / step), ceil(end / step)))

    def several(
        self, names: Collection[str], start: float, end: float, buckets: int
    ) -> Mapping[str, Mapping[SeriesKey, Curve]]:
        return {name: self._curves(name, start, end, buckets) for name in names}

    def _curves(
        self, name: str, start: float, end: float, buckets: int
    ) -> Mapping[SeriesKey, Curve]:
        """Three samples in each bucket."""
        step = (end - start) / buckets
        curves: dict[SeriesKey, Curve] = {}
        for third in range(3 * buckets):
            at = start + third * step / 3.0
            for key, value in self._moment(floor(at)).family(name).items():
                curve = curves.setdefault(SeriesKey(name, key), Curve(start, step, buckets))
                curve.add(at, Stats(1.0, value, value, value, value))
        return curves

    def difference(self, before: Tick, after: Tick, boot_time: float) -> Difference:
        return difference(before, after, boot_time=boot_time, spreads={})

"""One series over a range in buckets of one width: what charts draw and reports weight.

`Past.series` makes them, from rollups or from what was recorded, so that no reader knows of tiers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from math import floor, isfinite, nan
from typing import NamedTuple


class Stats(NamedTuple):
    """What is known of one series in one span of time.

    Of a counter `minimum` and `maximum` are increases a second between two samples, `sum` is the
    whole increase, resets left out, and `weight` the seconds it is over. So `sum / weight` is the
    mean of a gauge and the exact rate of a counter, and two neighbours merge in one way.
    """

    weight: float
    """How many samples of a gauge, how many seconds of a counter."""
    sum: float
    minimum: float
    maximum: float
    last: float
    """The newest sample as it was read, of a counter too."""


class Curve:
    """`buckets` spans of `step` seconds from `start` on; NaN in all but `weight` is a gap."""

    __slots__ = ("last", "maximum", "minimum", "start", "step", "sum", "weight")

    def __init__(self, start: float, step: float, buckets: int) -> None:
        self.start = start
        self.step = step
        gaps = array("d", [nan]) * buckets
        self.weight = array("d", bytes(8 * buckets))
        self.sum, self.minimum, self.maximum, self.last = gaps[:], gaps[:], gaps[:], gaps[:]

    def __len__(self) -> int:
        return len(self.weight)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Curve) and repr(self) == repr(other)

    __hash__ = None  # type: ignore[assignment] # its figures grow

    def __repr__(self) -> str:
        columns = {name: list(getattr(self, name)) for name in Stats._fields}
        return f"Curve(start={self.start}, step={self.step}, {columns})"

    @property
    def mean(self) -> array[float]:
        """The average of a gauge, the rate of a counter; NaN in gaps."""
        pairs = zip(self.sum, self.weight, strict=True)
        return array("d", [total / weight if weight else nan for total, weight in pairs])

    def spans(self) -> Iterator[Stats]:
        """Each bucket by itself."""
        columns = (self.weight, self.sum, self.minimum, self.maximum, self.last)
        return (Stats(*span) for span in zip(*columns, strict=True))

    def at(self, wall: float) -> int:
        """The bucket a moment falls in; outside of `range(len(curve))` for one beyond."""
        return floor((wall - self.start) / self.step)

    def add(self, wall: float, stats: Stats) -> None:
        """Count in what is known of the span that begins at `wall`, later ones after earlier."""
        bucket = self.at(wall)
        if not 0 <= bucket < len(self.weight) or stats.last != stats.last:
            return
        self.last[bucket] = stats.last
        if not stats.weight:
            return
        if not self.weight[bucket]:
            self.sum[bucket], self.minimum[bucket] = stats.sum, stats.minimum
            self.maximum[bucket] = stats.maximum
        else:
            self.sum[bucket] += stats.sum
            self.minimum[bucket] = min(self.minimum[bucket], stats.minimum)
            self.maximum[bucket] = max(self.maximum[bucket], stats.maximum)
        self.weight[bucket] += stats.weight

    def add_all(self, walls: Sequence[float], columns: Sequence[Sequence[float]]) -> None:
        """`add` for many spans in order, their figures in columns as `Stats` has them: charts are
        made of thousands."""
        start, step = self.start, self.step
        places = [floor((wall - start) / step) for wall in walls]
        if self._take(places, columns):
            return
        weights, sums, minima, maxima, lasts = (
            self.weight,
            self.sum,
            self.minimum,
            self.maximum,
            self.last,
        )
        buckets = len(weights)
        for bucket, weight, total, low, high, last in zip(places, *columns, strict=True):
            if not 0 <= bucket < buckets or last != last:
                continue
            lasts[bucket] = last
            if not weight:
                continue
            if before := weights[bucket]:
                sums[bucket] += total
                if low < minima[bucket]:
                    minima[bucket] = low
                if high > maxima[bucket]:
                    maxima[bucket] = high
                weights[bucket] = before + weight
            else:
                weights[bucket], sums[bucket] = weight, total
                minima[bucket], maxima[bucket] = low, high

    def _take(self, places: Sequence[int], columns: Sequence[Sequence[float]]) -> bool:
        """Spans that are one bucket each, one after another, as they are; false for any others."""
        begin, end = (places[0], places[-1] + 1) if places else (0, 0)
        mine = (self.weight, self.sum, self.minimum, self.maximum, self.last)
        if (
            not 0 <= begin < end <= len(self.weight)
            or places != list(range(begin, end))
            or any(self.weight[begin:end])
            or not all(columns[0])
            or not isfinite(sum(columns[-1]))
        ):
            return False
        for column, figures in zip(mine, columns, strict=True):
            column[begin:end] = array("d", figures)
        return True


def merged(spans: Iterable[Stats]) -> Stats:
    """Neighbouring spans as one, in their order; all gaps give a gap."""
    weight, total, minimum, maximum, last = 0.0, nan, nan, nan, nan
    for span in spans:
        last = span.last if span.last == span.last else last
        if not span.weight:
            continue
        if weight:
            total += span.sum
            minimum, maximum = min(minimum, span.minimum), max(maximum, span.maximum)
        else:
            total, minimum, maximum = span.sum, span.minimum, span.maximum
        weight += span.weight
    return Stats(weight, total, minimum, maximum, last)

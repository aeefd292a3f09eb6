"""The last samples of one series, thinned so that any span fits in the same memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from math import inf

POINTS = 720
"""Most samples kept for a span, give or take the newest."""
_SLACK = 64


class Ring:
    """`span` in seconds; 0 keeps the newest sample only, which is always kept as it is."""

    __slots__ = ("_begin", "_span", "_times", "_values", "at", "value")

    def __init__(self, span: float) -> None:
        self._span = span
        self._times = array("d")
        self._values = array("d")
        self._begin = 0
        self.at = -inf
        self.value = 0.0

    def __len__(self) -> int:
        return len(self._times) - self._begin

    def add(self, at: float, value: float) -> None:
        """Time that runs backwards starts the series anew: nothing could be compared."""
        if at < self.at:
            self._times, self._values, self._begin = array("d"), array("d"), 0
        self.at, self.value = at, value
        if not self._span:
            return
        times = self._times
        if times and at - times[-1] < self._span / POINTS:
            return
        times.append(at)
        self._values.append(value)
        while times[self._begin] < at - self._span:
            self._begin += 1
        if self._begin > _SLACK:
            del times[: self._begin], self._values[: self._begin]
            self._begin = 0

    def before(self, at: float) -> tuple[float, float] | None:
        """The last sample not after `at`."""
        if at >= self.at:
            return self.at, self.value
        index = bisect_right(self._times, at, self._begin) - 1
        return (self._times[index], self._values[index]) if index >= self._begin else None

    def between(self, start: float, end: float) -> list[tuple[float, float]]:
        """Samples from start to end, both included; with the newest although it was thinned out."""
        times = self._times
        span = slice(bisect_left(times, start, self._begin), bisect_right(times, end, self._begin))
        points = list(zip(times[span], self._values[span], strict=True))
        if start <= self.at <= end and (not points or points[-1][0] < self.at):
            points.append((self.at, self.value))
        return points

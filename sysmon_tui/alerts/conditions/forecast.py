"""How long until a gauge reaches a value it must not reach: a filesystem without space.

The trend is the Theil-Sen slope (the median slope of all pairs of points), which up to 29 % of
odd points do not move, with Sen's band of confidence (P. K. Sen, 1968, doi:10.2307/2285891). The
largest step away from the value in a window is taken out first: one big deletion says nothing of
how fast the space fills again, while many say that it does not. What is judged is the latest
moment of the band, so a rule fires only when the whole band agrees.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from itertools import pairwise
from math import copysign, nan, sqrt
from typing import NamedTuple

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.model.rule import Rule

POINTS = 30
"""Kept of a window, at most: 435 pairs take a tenth of a millisecond, once in a thirtieth of it."""
FEWEST = 5
KNOWN = 5.0
"""A trend is told from a fifth of the window on."""
NEVER = 365.25 * 86400.0
"""Seconds; the value where the gauge does not go there, or goes so slowly that nobody knows."""
LARGE = 5.0
"""Times the usual step: noise has none like it."""
CONFIDENCE = 1.96
"""Standard deviations of the band's half width: 95 %."""


class Trend(NamedTuple):
    """Units a second: the median slope and the band around it."""

    low: float
    middle: float
    high: float


def trend(points: list[tuple[float, float]]) -> Trend:
    """Of at least two points (seconds, value) in the order of time."""
    from statistics import median  # a start has no trend yet, and this loads much

    slopes = sorted(
        (later - earlier) / (end - start)
        for index, (start, earlier) in enumerate(points)
        for end, later in points[index + 1 :]
    )
    count, pairs = len(points), len(slopes)
    spread = CONFIDENCE * sqrt(count * (count - 1) * (2 * count + 5) / 18.0)
    low, high = int((pairs - spread) / 2.0), int((pairs + spread) / 2.0)
    return Trend(slopes[max(0, low)], median(slopes), slopes[min(pairs - 1, high)])


def mended(points: list[tuple[float, float]], direction: float) -> list[tuple[float, float]]:
    """The points without the largest step against `direction` (1 up, -1 down), if it is large."""
    from statistics import median

    steps = [
        (direction * (after[1] - before[1]), index)
        for index, (before, after) in enumerate(pairwise(points), 1)
    ]
    back, at = min(steps)
    rest = [step for step, index in steps if index != at]
    if -back <= LARGE * median(map(abs, rest)):
        return points
    # What the gauge did meanwhile: what it does at other times.
    lost = direction * (back - median(rest))
    return [*points[:at], *((time, value - lost) for time, value in points[at:])]


class Forecast:
    """Seconds until `toward`, at the latest."""

    __slots__ = ("_length", "_points", "_slope", "_toward", "_width")

    def __init__(self, length: float, toward: float) -> None:
        self._length = length
        self._width = length / POINTS
        self._toward = toward
        self._points: deque[tuple[float, float]] = deque()
        self._slope = nan
        """Toward the value, at the slow edge of the band; worked out with each new point."""

    def feed(self, value: float, mono: float) -> float:
        points = self._points
        if not points or mono - points[-1][0] >= self._width:
            points.append((mono, value))
            while mono - points[0][0] > self._length:
                points.popleft()
            self._slope = self._slow_edge(self._toward - value)
        if self._slope != self._slope:
            return nan
        left = abs(self._toward - value)
        if not left:
            return 0.0
        return min(left / self._slope, NEVER) if self._slope > 0.0 else NEVER

    def _slow_edge(self, left: float) -> float:
        points = list(self._points)
        if len(points) < FEWEST or points[-1][0] - points[0][0] < self._length / KNOWN:
            return nan
        direction = copysign(1.0, left) if left else copysign(1.0, points[-1][1] - points[0][1])
        found = trend(mended(points, direction))
        return min(direction * found.low, direction * found.high)


@kind("forecast", "({toward} - {series}) / deriv({series}[{over}]) >= 0")
def forecast(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Forecast, rule.over, rule.toward))

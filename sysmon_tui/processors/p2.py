"""A quantile of a stream in five numbers.

R. Jain and I. Chlamtac, "The P2 algorithm for dynamic calculation of quantiles and histograms
without storing observations", CACM 28(10), 1985, doi:10.1145/4372.4378.
"""

from __future__ import annotations

from bisect import bisect_right
from math import isfinite, nan


class P2:
    """An estimate of one quantile; exact up to five observations."""

    __slots__ = ("_count", "_desired", "_heights", "_places", "_share", "_steps")

    def __init__(self, share: float) -> None:
        """`share` between 0 and 1: 0.95 is the 95th percentile."""
        self._share = share
        self._count = 0
        self._heights: list[float] = []
        """Of the five markers; the middle one is the estimate."""
        self._places = [1.0, 2.0, 3.0, 4.0, 5.0]
        self._desired = [1.0, 1.0 + 2.0 * share, 1.0 + 4.0 * share, 3.0 + 2.0 * share, 5.0]
        self._steps = (0.0, share / 2.0, share, (1.0 + share) / 2.0, 1.0)

    def __len__(self) -> int:
        return self._count

    @property
    def value(self) -> float:
        """NaN before the first observation."""
        heights = self._heights
        if self._count > 5:
            return heights[2]
        if not heights:
            return nan
        return heights[min(len(heights) - 1, round(self._share * (len(heights) - 1)))]

    def add(self, value: float) -> None:
        """One that is not finite is left out."""
        if not isfinite(value):
            return
        self._count += 1
        heights = self._heights
        if len(heights) < 5:
            heights.insert(bisect_right(heights, value), value)
            return
        cell = self._cell(value)
        for marker in range(cell + 1, 5):
            self._places[marker] += 1.0
        for marker, step in enumerate(self._steps):
            self._desired[marker] += step
        for marker in (1, 2, 3):
            self._adjust(marker)

    def _cell(self, value: float) -> int:
        heights = self._heights
        if value < heights[0]:
            heights[0] = value
            return 0
        if value >= heights[4]:
            heights[4] = value
            return 3
        return bisect_right(heights, value, 1, 4) - 1

    def _adjust(self, marker: int) -> None:
        places, heights = self._places, self._heights
        off = self._desired[marker] - places[marker]
        right = places[marker + 1] - places[marker]
        left = places[marker - 1] - places[marker]
        if not ((off >= 1.0 and right > 1.0) or (off <= -1.0 and left < -1.0)):
            return
        step = 1 if off > 0.0 else -1
        found = self._parabolic(marker, step)
        if not heights[marker - 1] < found < heights[marker + 1]:
            slope = heights[marker + step] - heights[marker]
            found = heights[marker] + step * slope / (places[marker + step] - places[marker])
        heights[marker] = found
        places[marker] += step

    def _parabolic(self, marker: int, step: int) -> float:
        before, here, after = self._places[marker - 1 : marker + 2]
        low, middle, high = self._heights[marker - 1 : marker + 2]
        rising = (here - before + step) * (high - middle) / (after - here)
        falling = (after - here - step) * (middle - low) / (here - before)
        return middle + step / (after - before) * (rising + falling)

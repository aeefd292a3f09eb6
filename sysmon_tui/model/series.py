"""The last figures of one series, in a fixed piece of memory.

Trends keep one `Ring` for each signal on the screen; processors keep short ones. Positions count
from the first sample ever, so that a drawing can hold on to them while the window moves.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from math import nan


class Ring:
    """A fixed number of floats, oldest dropped first; NaN is a gap."""

    __slots__ = ("_capacity", "_values", "total")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError("a ring holds at least one sample")
        self._capacity = capacity
        # Every sample stands in both halves: the newest n are then always one plain slice.
        self._values = array("d", bytes(16 * capacity))
        self.total = 0
        """Samples ever appended: the absolute index of the next one."""

    def __len__(self) -> int:
        return min(self.total, self._capacity)

    @property
    def capacity(self) -> int:
        return self._capacity

    def append(self, value: float) -> None:
        capacity = self._capacity
        position = self.total % capacity
        self._values[position] = self._values[position + capacity] = value
        self.total += 1

    def extend(self, values: Sequence[float]) -> None:
        """`append` each."""
        capacity = self._capacity
        if self.total + len(values) > capacity:
            for value in values:
                self.append(value)
            return
        fresh = array("d", values)
        for at in (self.total, self.total + capacity):
            self._values[at : at + len(fresh)] = fresh
        self.total += len(fresh)

    def last(self, count: int) -> array[float]:
        """The newest `count` samples (fewer while there are not so many), oldest first; a copy."""
        count = max(0, min(count, len(self)))
        end = self.total % self._capacity + self._capacity
        return self._values[end - count : end]

    def minimum(self, count: int) -> float:
        """The least of the newest `count`, gaps left out; NaN where nothing is known."""
        return min(self._known(count), default=nan)

    def maximum(self, count: int) -> float:
        """The greatest of the newest `count`, gaps left out; NaN where nothing is known."""
        return max(self._known(count), default=nan)

    def mean(self, count: int) -> float:
        """The average of the newest `count`, gaps left out; NaN where nothing is known."""
        known = self._known(count)
        return sum(known) / len(known) if known else nan

    def _known(self, count: int) -> list[float]:
        return [value for value in self.last(count) if value == value]

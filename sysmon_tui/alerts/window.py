"""What a value came to over a time: its average, its total, its growth.

`alerts.conditions` keeps one measure for each series of a rule that asks for it. Memory is
constant: the time is cut into at most 120 buckets, however long it is. All times are monotonic
seconds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator
from math import nan
from typing import Protocol

BUCKETS = 120


class Measure(Protocol):
    """One series over its window."""

    def feed(self, value: float, mono: float) -> float:
        """Take the value of this moment, never NaN; what the window came to, NaN while that is not
        known."""


def left_behind(newest: int, bucket: int, count: int) -> Iterator[int]:
    """The slots of a ring of `count` buckets that are to be emptied when `bucket` begins."""
    passed = min(bucket - newest, count)
    return (left % count for left in range(bucket - passed + 1, bucket + 1))


def bucket_count(length: float) -> int:
    """Into how many buckets a window of so many seconds is cut.

    None is shorter than a second: nothing is judged more often than that.
    """
    return max(1, min(BUCKETS, int(length)))


class Window:
    """A sliding sum of amounts and of the seconds they stand for.

    The oldest bucket leaves as a whole, so the window is up to 1/120 shorter than asked for.
    """

    __slots__ = ("_amounts", "_count", "_newest", "_seconds", "_width", "amount", "seconds")

    def __init__(self, length: float) -> None:
        self._count = bucket_count(length)
        self._width = length / self._count
        self._amounts = array("d", bytes(8 * self._count))
        self._seconds = array("d", bytes(8 * self._count))
        self._newest = -1
        self.amount = 0.0
        self.seconds = 0.0

    def add(self, amount: float, seconds: float, mono: float) -> None:
        bucket = int(mono / self._width)
        if bucket != self._newest:
            self._advance(bucket)
        slot = bucket % self._count
        self._amounts[slot] += amount
        self._seconds[slot] += seconds
        self.amount += amount
        self.seconds += seconds

    def holds(self, mono: float) -> bool:
        """Nothing has left the window since the last amount."""
        return int(mono / self._width) == self._newest

    def _advance(self, bucket: int) -> None:
        """Empty what has left the window, and sum anew: a running sum would drift for ever."""
        for slot in left_behind(self._newest, bucket, self._count):
            self._amounts[slot] = self._seconds[slot] = 0.0
        self._newest = bucket
        self.amount = sum(self._amounts)
        self.seconds = sum(self._seconds)


class Flow:
    """Values weighed with the seconds since the value before.

    After a hole (suspend, a collector that hung) nobody knows what was; the first value then
    stands for a fifth of the window at most, and for no more than a minute.
    """

    __slots__ = ("_hole", "_length", "_seen", "since", "window")

    def __init__(self, length: float) -> None:
        self.window = Window(length)
        self._seen = nan
        self.since = nan
        self._length = length
        self._hole = min(60.0, length / 5.0)

    def feed(self, value: float, mono: float) -> None:
        elapsed = mono - self._seen
        self._seen = mono
        if not elapsed <= self._length:
            # The first value, or all before it has left the window.
            self.since, elapsed = mono, 0.0
        self.window.add(value * (weight := min(elapsed, self._hole)), weight, mono)


class Average:
    """The mean over the window, once enough of it is covered."""

    __slots__ = ("_flow", "_warm_up")

    def __init__(self, length: float, warm_up: float) -> None:
        self._flow = Flow(length)
        self._warm_up = warm_up

    def feed(self, value: float, mono: float) -> float:
        flow = self._flow
        flow.feed(value, mono)
        if mono - flow.since < self._warm_up or not flow.window.seconds:
            return nan
        return flow.window.amount / flow.window.seconds


class Total:
    """What a rate came to in the window; from the first pair on, since it can only grow."""

    __slots__ = ("_flow",)

    def __init__(self, length: float) -> None:
        self._flow = Flow(length)

    def feed(self, value: float, mono: float) -> float:
        self._flow.feed(value, mono)
        return self._flow.window.amount


class Steps(ABC):
    """The total over the window of what each value is worth beside the one before it."""

    __slots__ = ("_last", "_window")

    def __init__(self, length: float) -> None:
        self._window = Window(length)
        self._last = nan

    @staticmethod
    @abstractmethod
    def worth(last: float, value: float) -> float:
        """What a value is worth; nothing where it is the same."""

    def feed(self, value: float, mono: float) -> float:
        last, self._last = self._last, value
        if value == last and self._window.holds(mono):
            return self._window.amount
        self._window.add(self.worth(last, value) if last == last else 0.0, 0.0, mono)
        return self._window.amount


class Increase(Steps):
    """How much a counter grew in the window; one that went back was reset to zero before."""

    __slots__ = ()

    @staticmethod
    def worth(last: float, value: float) -> float:
        return value - last if value >= last else value


class Changes(Steps):
    """How often the value was another than the one before."""

    __slots__ = ()

    @staticmethod
    def worth(last: float, value: float) -> float:
        return float(value != last)

"""By how much a gauge differs from what it was, and how often it changed."""

from __future__ import annotations

from collections import deque
from functools import partial
from math import nan

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import Window, bucket_count
from sysmon_tui.model.rule import Rule


class Delta:
    """The value now minus the one at the beginning of the window, or the first one seen."""

    __slots__ = ("_count", "_firsts", "_width", "seen")

    def __init__(self, length: float) -> None:
        self._count = bucket_count(length)
        self._width = length / self._count
        self._firsts: deque[tuple[int, float]] = deque()
        """The first value of each bucket that had any."""
        self.seen = nan

    def feed(self, value: float, mono: float) -> float:
        if value != value:
            return nan
        self.seen = mono
        firsts, bucket = self._firsts, int(mono / self._width)
        if not firsts or firsts[-1][0] != bucket:
            firsts.append((bucket, value))
            while firsts[0][0] < bucket - self._count:
                firsts.popleft()
        return value - firsts[0][1]


class Changes:
    """How often the value was another than the one before."""

    __slots__ = ("_last", "_window", "seen")

    def __init__(self, length: float) -> None:
        self._window = Window(length)
        self._last = nan
        self.seen = nan

    def feed(self, value: float, mono: float) -> float:
        if value != value:
            return nan
        last, self._last, self.seen = self._last, value, mono
        self._window.add(float(last == last and value != last), 0.0, mono)
        return self._window.amount


@kind("delta", "delta({series}[{over}])")
def delta(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Delta, rule.over))


@kind("changes", "changes({series}[{over}])")
def changes(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Changes, rule.over))

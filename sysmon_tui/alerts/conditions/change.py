"""By how much a gauge differs from what it was, and how often it changed."""

from __future__ import annotations

from collections import deque
from functools import partial

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import Changes, bucket_count
from sysmon_tui.model.rule import Rule


class Delta:
    """The value now minus the one at the beginning of the window, or the first one seen."""

    __slots__ = ("_count", "_firsts", "_width")

    def __init__(self, length: float) -> None:
        self._count = bucket_count(length)
        self._width = length / self._count
        self._firsts: deque[tuple[int, float]] = deque()
        """The first value of each bucket that had any."""

    def feed(self, value: float, mono: float) -> float:
        firsts, bucket = self._firsts, int(mono / self._width)
        if not firsts or firsts[-1][0] != bucket:
            firsts.append((bucket, value))
            while firsts[0][0] < bucket - self._count:
                firsts.popleft()
        return value - firsts[0][1]


@kind("delta", "delta({series}[{over}])")
def delta(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Delta, rule.over))


@kind("changes", "changes({series}[{over}])")
def changes(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Changes, rule.over))

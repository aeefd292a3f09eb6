"""The highest and the lowest value of a gauge in a time."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from functools import partial

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import bucket_count, left_behind
from sysmon_tui.model.rule import Rule


class Extreme:
    """`pick` is `max` or `min`; `idle` is what it never picks."""

    __slots__ = ("_idle", "_newest", "_pick", "_picked", "_width")

    def __init__(
        self, length: float, pick: Callable[[Iterable[float]], float], idle: float
    ) -> None:
        count = bucket_count(length)
        self._width = length / count
        self._picked = array("d", [idle]) * count
        self._pick = pick
        self._idle = idle
        self._newest = -1

    def feed(self, value: float, mono: float) -> float:
        picked, count = self._picked, len(self._picked)
        bucket = int(mono / self._width)
        if bucket != self._newest:
            for slot in left_behind(self._newest, bucket, count):
                picked[slot] = self._idle
            self._newest = bucket
        slot = bucket % count
        picked[slot] = self._pick((picked[slot], value))
        return self._pick(picked)


@kind("max", "max_over_time({series}[{wide}])")
def highest(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Extreme, rule.over, max, float("-inf")))


@kind("min", "min_over_time({series}[{wide}])")
def lowest(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Extreme, rule.over, min, float("inf")))

"""How much a counter grew in a time, and how fast."""

from __future__ import annotations

from functools import partial
from math import nan

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import Increase, Window
from sysmon_tui.model.rule import Rule


class Rate:
    """How fast a counter grew over the window, a second; once enough of it is covered."""

    __slots__ = ("_last", "_length", "_seen", "_since", "_warm_up", "_window")

    def __init__(self, length: float, warm_up: float) -> None:
        self._window = Window(length)
        self._length = length
        self._warm_up = warm_up
        self._last = nan
        self._since = nan
        self._seen = nan

    def feed(self, value: float, mono: float) -> float:
        elapsed, last = mono - self._seen, self._last
        self._seen, self._last = mono, value
        if not elapsed <= self._length:
            # The first value, or all before it has left the window.
            self._since, elapsed, last = mono, 0.0, value
        self._window.add(value - last if value >= last else value, elapsed, mono)
        if mono - self._since < self._warm_up or not self._window.seconds:
            return nan
        return self._window.amount / self._window.seconds


@kind("increase", "increase({series}[{over}])")
def increase(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Increase, rule.over))


@kind("rate", "rate({series}[{wide}])")
def rate(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Rate, rule.over, rule.warm_up))

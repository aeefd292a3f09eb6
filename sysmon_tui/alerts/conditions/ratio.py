"""The growth of one counter as a share of the growth of another: packets dropped of all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import inf, nan

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, beside, kind, share
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import Increase, bucket_count
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Rule


class Ratio:
    """Worked out anew when a bucket of the window is over: more often it hardly moves."""

    def __init__(self, parts: Condition, wholes: Condition, floor: float, every: float) -> None:
        self._parts = parts
        self._wholes = wholes
        self._floor = floor
        self._every = every
        self._at = -inf
        self._shares: Mapping[Labels, float] = {}

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        if mono - self._at < self._every:
            return self._shares
        self._at = mono
        wholes = self._wholes.values(families, now, mono)
        parts = self._parts.values(families, now, mono)
        self._shares = {
            labels: self._share(value, beside(wholes, labels)) for labels, value in parts.items()
        }
        return self._shares

    def _share(self, part: float, whole: float) -> float:
        """NaN below the floor: one lost packet of three says nothing."""
        return share(part, whole) if whole >= self._floor else nan


@kind("ratio", "increase({series}[{over}]) / (increase({whole}[{over}]) {floor})", whole=True)
def ratio(rule: Rule, around: Surroundings) -> Condition:
    grown = partial(Increase, rule.over)
    parts = Measured(Selection(rule), grown)
    wholes = Measured(Selection(rule, rule.of), grown)
    return Ratio(parts, wholes, rule.floor, every=rule.over / bucket_count(rule.over))

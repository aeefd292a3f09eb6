"""How far a gauge is from what is usual at this hour: a robust z-score.

0.6745 (x - median) / MAD, over the same hours of the last days (Iglewicz and Hoaglin, 1993, How to
Detect and Handle Outliers): what was odd then does not move it, as it would a mean and a standard
deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, Usual, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Rule

NORMAL = 0.6745
"""The median absolute deviation of a standard normal distribution."""
LARGEST = 1000.0
"""What never varied would have any change infinitely far away."""


class Anomaly:
    def __init__(self, rule: Rule, usual: Usual) -> None:
        self._selection = Selection(rule)
        self._metric = rule.metric
        self._floor = rule.floor
        self._usual = usual

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        values = self._selection.values(families, now, mono)
        return {labels: self._score(labels, value, now) for labels, value in values.items()}

    def _score(self, labels: Labels, value: float, now: float) -> float:
        usual = self._usual.at(self._metric, labels, now)
        if usual is None:
            return nan
        median, deviation = usual
        off = value - median
        if abs(off) < self._floor:
            return 0.0
        limit = abs(off) * NORMAL / LARGEST
        return NORMAL * off / max(deviation, limit) if off else 0.0


@kind("anomaly")
def anomaly(rule: Rule, around: Surroundings) -> Condition:
    return Anomaly(rule, around.usual)

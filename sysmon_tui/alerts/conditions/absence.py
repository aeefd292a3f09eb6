"""For how many seconds a metric, or one of its series, has not been there."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Rule


class Absence:
    """One value for the rule: since when none of its series is there; 0 while one is.

    What was never there counts from the first beat.
    """

    def __init__(self, rule: Rule) -> None:
        self._selection = Selection(rule)
        self._labels = tuple(pair for pair in rule.match if "*" not in pair[1])
        self._seen = nan

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        if self._selection.values(families, now, mono) or self._seen != self._seen:
            self._seen = mono
        return {self._labels: mono - self._seen}


class Staleness:
    """For each series the seconds since it was there; forgotten after the rule's `over`."""

    def __init__(self, rule: Rule) -> None:
        self._selection = Selection(rule)
        self._over = rule.over
        self._seen: dict[Labels, float] = {}

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        seen = self._seen
        for labels in self._selection.values(families, now, mono):
            seen[labels] = mono
        ages = {labels: mono - at for labels, at in seen.items()}
        for labels, age in ages.items():
            if age > self._over:
                del seen[labels]
        return ages


@kind("absent", "absent_over_time({series}[{threshold}])", window=False)
def absent(rule: Rule, around: Surroundings) -> Condition:
    return Absence(rule)


@kind("stale", "last_over_time({series}[{over}]) unless last_over_time({series}[{threshold}])")
def stale(rule: Rule, around: Surroundings) -> Condition:
    return Staleness(rule)

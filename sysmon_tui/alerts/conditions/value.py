"""The values of a family as they are; and which of its series a rule is about."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from sysmon_tui.alerts.conditions.registry import NO_FAMILY, Condition, Surroundings, kind
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import Rule


class Selection:
    """The series of one metric that a rule is about; itself the simplest condition."""

    def __init__(self, rule: Rule, metric: str = "") -> None:
        self._metric = metric or rule.metric
        self._match = rule.match
        self._excluded = rule.excluded
        self._watched: dict[Labels, bool] = {}

    def values(self, families: Families, now: float, mono: float) -> Mapping[Labels, float]:
        values = families.get(self._metric, NO_FAMILY)
        if not self._match and not self._excluded:
            return values
        # The series of a family share their label names, so one that carries just what is asked
        # for is the only one.
        if self._match in values:
            return values if len(values) == 1 else {self._match: values[self._match]}
        watched = self._watched
        if len(watched) > 2 * len(values) + 64:
            watched.clear()
        return {
            labels: value
            for labels, value in values.items()
            if (watched[labels] if labels in watched else self._look(labels))
        }

    def _look(self, labels: Labels) -> bool:
        """Whether the rule is about this series; decided once for each."""
        carried = dict(labels)
        watched = all(
            _alike(carried.get(name, ""), wanted) for name, wanted in self._match
        ) and not any(
            _alike(carried.get(name, ""), value)
            for name, values in self._excluded
            for value in values
        )
        self._watched[labels] = watched
        return watched


def _alike(value: str, wanted: str) -> bool:
    if "*" not in wanted:
        return value == wanted
    # Only the star is special: device names have brackets in them.
    return fnmatchcase(value, wanted.replace("[", "[[]").replace("?", "[?]"))


@kind("value", "{series}")
def value(rule: Rule, around: Surroundings) -> Condition:
    return Selection(rule)

"""How bad a figure is right now, by the same rules that raise alerts.

A rule may wait ten minutes before it fires; the gauge lights up at once. Thresholds have one
source, so a rule the user changed changes the colours with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sysmon_tui.model.alert import Severity
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.rule import Rule
from sysmon_tui.model.tick import Tick


class Judge:
    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules: dict[str, list[Rule]] = {}
        for rule in rules:
            if rule.instant:
                self._rules.setdefault(rule.metric, []).append(rule)

    def severity(self, metric: str, labels: Labels, value: float) -> Severity:
        """The worst level that `value` breaches; OK for NaN and for what no rule watches."""
        return max(
            (
                level.severity
                for rule in self._rules.get(metric, ())
                if set(rule.match) <= set(labels)
                for level in rule.levels
                if rule.op.holds(value, level.threshold)
            ),
            default=Severity.OK,
        )

    def of(self, tick: Tick, metric: str, labels: Labels = ()) -> Severity:
        return self.severity(metric, labels, tick.value(metric, labels))

"""The mean of a gauge over a time, and what a rate came to in it."""

from __future__ import annotations

from functools import partial

from sysmon_tui.alerts.conditions.measured import Measured
from sysmon_tui.alerts.conditions.registry import Condition, Surroundings, kind
from sysmon_tui.alerts.conditions.value import Selection
from sysmon_tui.alerts.window import Average, Total
from sysmon_tui.model.rule import Rule


@kind("average", "avg_over_time({series}[{wide}])")
def average(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Average, rule.over, rule.warm_up))


# sum_over_time would add samples up, however many there are in a second.
@kind("total", "avg_over_time({series}[{wide}]) * {seconds}")
def total(rule: Rule, around: Surroundings) -> Condition:
    return Measured(Selection(rule), partial(Total, rule.over))

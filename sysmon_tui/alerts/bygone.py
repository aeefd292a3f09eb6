"""Which alerts held at a moment of the past, by what the ledger kept of them.

`monitor.lookback` and `monitor.rerun` ask. Nothing is judged anew: an alert is as its last event
before that moment left it, with whoever had it then. Its figures are those of the moment, where
they were recorded: an event may be hours older.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import nan
from typing import TypeAlias

from sysmon_tui.alerts.board import urgency
from sysmon_tui.alerts.conditions import Surroundings, create
from sysmon_tui.model.alert import Alert, AlertEvent, State
from sysmon_tui.model.curve import Stats
from sysmon_tui.model.metric import Families, Labels
from sysmon_tui.model.rule import COMPARE, Rule
from sysmon_tui.model.transition import RESOLVED_FOR, renewed

Spans: TypeAlias = Callable[[str, float], Mapping[Labels, Stats]]
"""What the series of a metric came to in so many seconds before the moment."""

_CAME_TO: Mapping[str, Callable[[Stats, Rule], float]] = {
    "average": lambda stats, _rule: stats.sum / stats.weight if stats.weight else nan,
    "rate": lambda stats, _rule: stats.sum / stats.weight if stats.weight else nan,
    "total": lambda stats, rule: rule.over * stats.sum / stats.weight if stats.weight else nan,
    "increase": lambda stats, _rule: stats.sum,
    "ratio": lambda stats, _rule: stats.sum,
    "max": lambda stats, _rule: stats.maximum,
    "min": lambda stats, _rule: stats.minimum,
}
"""What kinds of conditions that look back make of a series. Forecasts, anomalies and expressions
take more than a look: of those nothing is told."""


def held(events: Iterable[AlertEvent], at: float) -> tuple[Alert, ...]:
    """Pending, firing and lately resolved at `at` (seconds since the epoch), worst first.

    `events` come oldest first.
    """
    last = {event.alert.fingerprint: event.alert for event in events if event.at <= at}
    return tuple(sorted((alert for alert in last.values() if _stands(alert, at)), key=urgency))


def _stands(alert: Alert, at: float) -> bool:
    if alert.state is State.RESOLVED and alert.resolved_at is not None:
        return at - alert.resolved_at < RESOLVED_FOR
    return alert.active


def figured(
    alerts: Iterable[Alert], rules: Mapping[str, Rule], families: Families, spans: Spans
) -> tuple[Alert, ...]:
    """The alerts with the figures of a moment, NaN where nothing is known of them.

    `families` are what was known then, `rules` those of today by name. What is over stays as it
    was, and so does what belongs to a rule that is gone.
    """
    values: dict[str, Mapping[Labels, float]] = {}
    return tuple(
        _renewed(alert, rules.get(alert.rule), values, families, spans) for alert in alerts
    )


def _renewed(
    alert: Alert,
    rule: Rule | None,
    values: dict[str, Mapping[Labels, float]],
    families: Families,
    spans: Spans,
) -> Alert:
    if rule is None or not alert.active:
        return alert
    if rule.name not in values:
        values[rule.name] = _values(rule, families, spans)
    value = values[rule.name].get(alert.labels, nan)
    if rule.latch and not COMPARE[rule.op](value, rule.levels[0].threshold):
        # It stands for what once was.
        return alert
    return renewed(alert, rule, value)


def _values(rule: Rule, families: Families, spans: Spans) -> Mapping[Labels, float]:
    """What the rule held against its thresholds then, by series."""
    if rule.kind == "value":
        return _at_once(rule, families)
    came_to = _CAME_TO.get(rule.kind)
    if came_to is None:
        return {}
    names = (rule.metric, rule.of) if rule.kind == "ratio" else (rule.metric,)
    windows = {
        name: {labels: came_to(stats, rule) for labels, stats in spans(name, rule.over).items()}
        for name in names
    }
    return _at_once(replace(rule, measure=""), {**families, **windows})


def _at_once(rule: Rule, families: Families) -> Mapping[Labels, float]:
    return create(rule, Surroundings((rule,))).values(families, 0.0, 0.0)

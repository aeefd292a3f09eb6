"""An alert that is none: `sysmon-tui rules drill` rehearses with it what happens in earnest.

It goes to the ledger as any other alert does, so that every program on the machine shows it and
notifiers deliver it. Label and summary say what it is.
"""

from __future__ import annotations

from dataclasses import replace

from sysmon_tui.alerts.board import DRILL
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State, fingerprint
from sysmon_tui.model.metric import Labels, labels
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.summary import render
from sysmon_tui.model.text import SafeText, clean


def begun(
    rule: Rule, carried: Labels, severity: Severity | None, by: SafeText, at: float
) -> AlertEvent:
    """The rehearsal's alert as it fires, by default at the rule's worst level.

    Its value is that level's threshold, or the worst one's where the rule has no such level; 0
    where an expression says when the rule holds.
    """
    level = _level(rule, severity)
    value = 0.0 if rule.filtering else level.threshold
    marked = labels(**{**dict(carried), DRILL: "true"})
    spoken = render(rule.summary, rule.unit, rule.name, marked, value, value)
    alert = Alert(
        fingerprint=fingerprint(rule.name, marked),
        rule=rule.name,
        labels=marked,
        state=State.FIRING,
        severity=level.severity if severity is None else severity,
        value=value,
        worst=value,
        since=at,
        fired_at=at,
        changed_at=at,
        summary=clean(f"DRILL: {spoken}"),
        runbook=rule.runbook,
        resource=rule.resource,
    )
    return AlertEvent(at, "firing", alert, by)


def _level(rule: Rule, severity: Severity | None) -> Level:
    return next((one for one in rule.levels if one.severity is severity), rule.levels[-1])


def ended(alert: Alert, by: SafeText, at: float) -> AlertEvent:
    """Its end; `alert` as the ledger has it by then, with who acknowledged it."""
    over = replace(
        alert,
        state=State.RESOLVED,
        resolved_at=at,
        changed_at=at,
        quiet_since=None,
        # Whoever rehearsed has seen it.
        seen=True,
    )
    return AlertEvent(at, "resolved", over, by)

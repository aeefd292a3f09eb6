"""The life of an alert: inactive, pending, firing, resolved. Pure; `alerts.engine` drives it.

- A level is pending while the value is beyond its threshold, and fires after its hold. Hysteresis
  (`clear`) is for what fires: it ends a level only when the value is back at `clear`.
- A pending alert without figures drops. A firing one waits `Rule.grace` seconds for them: data
  that does not come is no all-clear.
- Getting worse re-opens an acknowledgement and ends a shelf; getting milder does not. An
  acknowledgement is for one breach: it stays on record with what is over and ends with a new one.
- What fired and is over unacknowledged stays listed until somebody has seen it, a week at most.
- `now` is one steady timeline. Whoever calls moves the alerts (`Alert.moved`) when it is set.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State, fingerprint
from sysmon_tui.model.levels import (
    NO_SIDES,
    SLACK,
    Onsets,
    Sides,
    current_onsets,
    fired_onsets,
    fired_severity,
    worst_firing,
    worst_holding,
)
from sysmon_tui.model.metric import Labels
from sysmon_tui.model.rule import COMPARE, Rule
from sysmon_tui.model.summary import render
from sysmon_tui.model.text import NO_TEXT

RESOLVED_FOR = 900.0
"""Seconds a resolved alert stays visible that somebody has seen, as in Prometheus."""
UNSEEN_FOR = 7 * 86400.0
"""Seconds a resolved alert waits to be seen."""
UNSEEN = 500
"""Resolved alerts that wait to be seen; of more the oldest are given up."""
OUTAGE = 600.0
"""Seconds of an outage that still count towards a pending alert's hold."""

Step: TypeAlias = tuple[Alert | None, AlertEvent | None]


def transition(
    alert: Alert | None,
    rule: Rule,
    labels: Labels,
    value: float | None,
    now: float,
    sides: Sides = NO_SIDES,
) -> Step:
    """The alert after `value` was seen at `now` (None or NaN: nothing was), and what happened.

    The same object comes back where nothing changed.
    """
    if value is None or value != value:
        return _unknown(alert, rule, now)
    if (alert is None or not alert.active) and not COMPARE[rule.op](
        value, rule.levels[0].threshold
    ):
        return _subside(alert, now)
    fired = fired_severity(alert)
    onsets = current_onsets(alert, rule, value, now, sides)
    firing = worst_firing(rule, onsets, value, now, fired, sides)
    if alert is not None and fired:
        return _go_on(alert, rule, value, now, onsets, firing)
    if firing:
        return _fire(alert or _new(rule, labels, value, now), rule, value, now, onsets, firing)
    pending = worst_holding(rule, onsets)
    if pending:
        return _wait(alert, rule, labels, value, now, onsets, pending)
    return _subside(alert, now)


def recovered(alert: Alert, rule: Rule | None, now: float) -> Step:
    """An alert as another run left it, taken over at `now`.

    Times in the future (the clock was set back meanwhile) become now. What no rule asks for any
    longer resolves. A pending alert whose hold ran out long ago went unwatched for a while: it
    begins anew.
    """
    latest = max(alert.since, alert.changed_at, alert.resolved_at or 0.0)
    back = min(0.0, now - latest)
    alert = replace(alert.moved(back), quiet_since=None)
    moved = AlertEvent(now, "moved", alert) if back else None
    if not alert.active:
        left, _ = _subside(alert, now)
        return left, moved
    if rule is None:
        return _resolve(alert, now) if alert.state is State.FIRING else _subside(alert, now)
    longest = max(level.hold for level in rule.levels)
    if alert.state is State.PENDING and now - alert.since > longest + OUTAGE:
        return _subside(alert, now)
    return alert, moved


def _new(rule: Rule, labels: Labels, value: float, now: float) -> Alert:
    return Alert(
        fingerprint=fingerprint(rule.name, labels),
        rule=rule.name,
        labels=labels,
        state=State.INACTIVE,
        severity=Severity.OK,
        value=value,
        worst=value,
        since=now,
        runbook=rule.runbook,
        resource=rule.resource,
    )


def _began(alert: Alert, rule: Rule, value: float, now: float) -> Alert:
    """The alert at the beginning of a new breach; one that already waits goes on."""
    if alert.state is State.PENDING:
        return alert
    return replace(
        alert,
        since=now,
        value=value,
        worst=value,
        ack=None,
        seen=alert.seen or alert.ack is not None,
        summary=NO_TEXT,
        runbook=rule.runbook,
        resource=rule.resource,
    )


def _fire(
    alert: Alert, rule: Rule, value: float, now: float, onsets: Onsets, severity: Severity
) -> Step:
    alert = _began(alert, rule, value, now)
    fired = replace(
        renewed(alert, rule, value),
        state=State.FIRING,
        severity=severity,
        fired_at=now,
        resolved_at=None,
        changed_at=now,
        onsets=onsets,
        seen=False,
        # Whoever took it while it was pending has it, unless it is worse than what they saw.
        ack=alert.held_at(severity),
        shelf=alert.shelved_at(severity),
    )
    return fired, AlertEvent(now, "firing", fired)


def _wait(
    alert: Alert | None,
    rule: Rule,
    labels: Labels,
    value: float,
    now: float,
    onsets: Onsets,
    severity: Severity,
) -> Step:
    if alert is not None and alert.state is State.PENDING:
        shown = renewed(alert, rule, value)
        if severity is alert.severity:
            return (shown if onsets is alert.onsets else replace(shown, onsets=onsets)), None
        return _shift(alert, replace(shown, onsets=onsets), severity, now)
    begun = _began(alert or _new(rule, labels, value, now), rule, value, now)
    pending = replace(
        renewed(begun, rule, value),
        state=State.PENDING,
        severity=severity,
        changed_at=now,
        onsets=onsets,
        shelf=begun.shelved_at(severity),
    )
    return pending, AlertEvent(now, "pending", pending)


def _go_on(
    alert: Alert, rule: Rule, value: float, now: float, onsets: Onsets, severity: Severity
) -> Step:
    """A firing alert with a figure."""
    if not severity:
        faded = alert if rule.latch else renewed(alert, rule, value)
        return _fade(faded, rule, now, onsets, 0.0)
    shown = renewed(alert, rule, value)
    if severity is alert.severity:
        if onsets is alert.onsets and alert.quiet_since is None:
            return shown, None
        return replace(shown, onsets=onsets, quiet_since=None), None
    return _shift(alert, replace(shown, onsets=onsets, quiet_since=None), severity, now)


def _shift(before: Alert, shown: Alert, severity: Severity, now: float) -> Step:
    """Worse or milder, in the state it is in; a pending one says that it is, and how bad by now."""
    changed = replace(
        shown,
        severity=severity,
        changed_at=now,
        ack=before.held_at(severity),
        shelf=before.shelved_at(severity),
    )
    return changed, AlertEvent(now, shift(before, changed), changed)


def shift(before: Alert, after: Alert) -> str:
    """The kind of event of another severity in the same state."""
    if after.state is State.PENDING:
        return "pending"
    return "worse" if after.severity > before.severity else "milder"


def _unknown(alert: Alert | None, rule: Rule, now: float) -> Step:
    if alert is None or alert.state is not State.FIRING:
        return _subside(alert, now)
    return _fade(alert, rule, now, fired_onsets(alert, rule), rule.grace)


def _fade(alert: Alert, rule: Rule, now: float, onsets: Onsets, grace: float) -> Step:
    """A firing alert whose condition does not hold: it resolves after `keep_firing` and `grace`."""
    quiet = now if alert.quiet_since is None else alert.quiet_since
    latched = rule.latch and alert.ack is None
    if not latched and now - quiet >= max(grace, rule.keep_firing) - SLACK:
        return _resolve(alert, now)
    if alert.quiet_since == quiet and alert.onsets == onsets:
        return alert, None
    return replace(alert, quiet_since=quiet, onsets=onsets), None


def _resolve(alert: Alert, now: float) -> Step:
    """The end; who had it stays on record with it."""
    resolved = replace(
        alert,
        state=State.RESOLVED,
        resolved_at=now,
        changed_at=now,
        quiet_since=None,
        onsets=(),
        seen=bool(alert.muted),
    )
    return resolved, AlertEvent(now, "resolved", resolved)


def _subside(alert: Alert | None, now: float) -> Step:
    """What is left where nothing holds and nothing fires."""
    if alert is None or alert.state is State.PENDING:
        if alert is None:
            return None, None
        back = State.INACTIVE if alert.resolved_at is None else State.RESOLVED
        over = replace(alert, state=back, changed_at=now, onsets=())
        return (over if back is State.RESOLVED else None), AlertEvent(now, "inactive", over)
    return (alert if now < leaves_at(alert) else None), None


def leaves_at(alert: Alert) -> float:
    """When an alert that is over is listed no longer."""
    over = alert.changed_at if alert.resolved_at is None else alert.resolved_at
    if alert.unseen:
        return over + UNSEEN_FOR
    return RESOLVED_FOR + (over if alert.ack is None else max(over, alert.ack.at))


def renewed(alert: Alert, rule: Rule, value: float) -> Alert:
    """The alert with this value, its worst and its sentence; the same one where that is as was."""
    if value == alert.value and alert.summary:
        return alert
    worst = max(alert.worst, value) if rule.op.upward else min(alert.worst, value)
    text = render(rule.summary, rule.unit, rule.name, alert.labels, value, worst)
    return replace(alert, value=value, worst=worst, summary=text)

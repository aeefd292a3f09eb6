"""Alerts, events and messages to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State, fingerprint
from sysmon_tui.model.message import Message
from sysmon_tui.model.metric import labels
from sysmon_tui.model.text import clean

ANN = clean("ann")
AT = 1_700_000_000.0


def alert(
    rule: str = "FilesystemFull",
    severity: Severity = Severity.WARNING,
    at: float = AT,
    **pairs: str,
) -> Alert:
    own = labels(**(pairs or {"mountpoint": "/srv"}))
    return Alert(
        fingerprint=fingerprint(rule, own),
        rule=rule,
        labels=own,
        state=State.FIRING,
        severity=severity,
        value=0.93,
        worst=0.95,
        since=at - 60.0,
        fired_at=at,
        changed_at=at,
        summary=clean("93% used"),
        runbook="Look at d",
    )


def fires(of: Alert, kind: str = "firing") -> AlertEvent:
    return AlertEvent(of.changed_at, kind, of)


def resolves(of: Alert, at: float = AT + 100.0) -> AlertEvent:
    over = replace(of, state=State.RESOLVED, resolved_at=at, changed_at=at)
    return AlertEvent(at, "resolved", over)


def taken(of: Alert, at: float = AT + 10.0) -> AlertEvent:
    return AlertEvent(at, "acknowledged", of.acknowledged(ANN, at, clean("mine")), ANN)


def message(*events: AlertEvent, id: str = "m1", firing: int = 1) -> Message:  # noqa: A002 - its name
    return Message(
        id=id,
        receiver="ops",
        host="web1",
        rule="FilesystemFull",
        at=AT,
        events=events or (fires(alert()),),
        firing=firing,
    )


def numbered() -> Callable[[], str]:
    count = 0

    def new_id() -> str:
        nonlocal count
        count += 1
        return f"m{count}"

    return new_id

"""What the ledger keeps of an alert after an event, when several programs write to it.

The last writer settles everything but the acknowledgement: somebody said they had it, and an
event of a program that had not heard of that must not undo it. Pure; both ledgers call it inside
their transaction.
"""

from __future__ import annotations

from dataclasses import replace

from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, Severity, State


def merge(kept: Alert | None, event: AlertEvent) -> Alert | None:
    """The alert to keep; None when it is over and left nothing behind."""
    alert = event.alert
    if alert.state is State.INACTIVE:
        return None
    return replace(alert, ack=_acknowledgement(kept, event))


def _acknowledgement(kept: Alert | None, event: AlertEvent) -> Acknowledgement | None:
    stated = event.alert.ack
    if kept is None or kept.ack is None:
        return stated
    if event.kind == "unacknowledged":
        return kept.ack if kept.ack.at > event.at else None
    if event.kind == "acknowledged" and stated is not None:
        return max(kept.ack, stated, key=lambda ack: ack.at)
    if event.kind == "moved" and stated is not None:
        return stated
    # Worse than what was acknowledged, or a new breach: the acknowledgement was not for that. A
    # second program that sees the same a moment later raises nothing.
    return stated if _level(event.alert) > _seen(kept, kept.ack) else kept.ack


def _seen(kept: Alert, ack: Acknowledgement) -> Severity:
    """The worst that whoever has it knows of."""
    return max(kept.severity, ack.severity) if kept.active else Severity.OK


def _level(alert: Alert) -> Severity:
    return alert.severity if alert.active else Severity.OK

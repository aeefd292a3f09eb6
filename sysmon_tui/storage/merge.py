"""What the ledger keeps of an alert after an event, when several programs write to it.

Of what is measured the last writer settles all. Of what people said only what people said may
undo it: an event of a program that had not heard of an acknowledgement must not take it away, and
somebody who acknowledges what has just resolved must not make it fire again. Of two people who
take an alert at the same time the first has it; both are in the history. Pure; both ledgers call
it inside their transaction.
"""

from __future__ import annotations

from dataclasses import replace

from sysmon_tui.model.alert import (
    SAID,
    Acknowledgement,
    Alert,
    AlertEvent,
    Severity,
    Shelf,
    State,
)

EARLIER = 2.0
"""Seconds by which the clock of who acts and of who judges may differ (`alerts.engine.STEP`)."""


def merge(kept: Alert | None, event: AlertEvent) -> Alert | None:
    """The alert to keep; None when it is over and left nothing behind."""
    alert = event.alert
    if alert.state is State.INACTIVE:
        return None
    if kept is None:
        # What people say of something that is gone by now does not bring it back.
        return None if event.kind in SAID else alert
    measured = kept if event.kind in SAID else alert
    shelf = _shelf(kept, event)
    return replace(
        measured,
        ack=_acknowledgement(kept, event),
        shelf=shelf,
        # Whoever shelves it knows why nobody is called about it from then on.
        muted=measured.muted if shelf == kept.shelf else alert.muted,
    )


def last_touched(alert: Alert) -> float:
    """When something last happened to it: from then on what is over is kept for a while."""
    return alert.changed_at if alert.ack is None else max(alert.changed_at, alert.ack.at)


def _acknowledgement(kept: Alert, event: AlertEvent) -> Acknowledgement | None:
    stated = event.alert.ack
    if event.kind in SAID and _outdated(kept, event):
        return kept.ack
    if kept.ack is None:
        return stated
    if event.kind == "unacknowledged":
        return kept.ack if kept.ack.at > event.at else None
    if event.kind == "acknowledged" and stated is not None:
        return _first(kept.ack, stated)
    if event.kind == "noted" and stated is not None:
        return replace(_first(kept.ack, stated), note=stated.note)
    if event.kind == "moved" and stated is not None:
        return stated
    if event.kind in SAID:
        return kept.ack
    # Worse than what was acknowledged, or a new breach: the acknowledgement was not for that. A
    # second program that sees the same a moment later raises nothing.
    return stated if _level(event.alert) > _seen(kept, kept.ack.severity) else kept.ack


def _first(one: Acknowledgement, other: Acknowledgement) -> Acknowledgement:
    return min(one, other, key=lambda ack: (ack.at, ack.by))


def _outdated(kept: Alert, event: AlertEvent) -> bool:
    """Whoever acted had not seen how bad it is by now, or that it is another breach."""
    worse = kept.active and event.alert.active and kept.severity > event.alert.severity
    return worse or event.at < kept.since - EARLIER


def _shelf(kept: Alert, event: AlertEvent) -> Shelf | None:
    stated = event.alert.shelf
    if event.kind in ("shelved", "unshelved"):
        return kept.shelf if event.kind == "shelved" and _outdated(kept, event) else stated
    if event.kind in SAID:
        return kept.shelf
    if kept.shelf is None or (event.kind == "moved" and stated is not None):
        return stated
    # A shelf outlasts the end of an alert, unless it comes back worse.
    known = max(kept.severity, kept.shelf.severity)
    return stated if _level(event.alert) > known else kept.shelf


def _seen(kept: Alert, known: Severity) -> Severity:
    """The worst that whoever has it knows of."""
    return max(kept.severity, known) if kept.active else Severity.OK


def _level(alert: Alert) -> Severity:
    return alert.severity if alert.active else Severity.OK

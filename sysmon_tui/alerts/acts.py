"""What people do to alerts, as pure changes of one alert.

The engine does them to what it shows, `perform` in the ledger alone: so `sysmon-tui alerts` works
with or without a running program. What comes of two people who act at once is settled where the
ledger is written (`storage.merge`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from sysmon_tui.alerts.mute import LONGEST, shelved
from sysmon_tui.model.alert import Alert, AlertEvent, Shelf, State
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.redact import mask_text
from sysmon_tui.model.text import NO_TEXT, SafeText, clean
from sysmon_tui.model.transition import shift


@dataclass(frozen=True, slots=True)
class Act:
    kind: str
    """The kind of the events it makes, one of `model.alert.SAID`."""
    by: SafeText
    at: float
    """Seconds since the epoch."""
    change: Callable[[Alert], Alert | None]
    """The alert afterwards; None where there is nothing to do."""

    def on(self, alert: Alert) -> AlertEvent | None:
        after = self.change(alert)
        return None if after is None else AlertEvent(self.at, self.kind, after, self.by)


def noted(text: str) -> SafeText:
    """What somebody says, without the secrets that got into it: it is kept, shown and sent on."""
    return clean(mask_text(text))


def acknowledge(by: SafeText, at: float, note: SafeText = NO_TEXT) -> Act:
    """Somebody has it, or has seen that it was there. What somebody else has stays theirs."""
    note = noted(note)

    def change(alert: Alert) -> Alert | None:
        free = alert.unseen or (alert.active and alert.ack is None)
        return alert.acknowledged(by, at, note) if free else None

    return Act("acknowledged", by, at, change)


def unacknowledge(by: SafeText, at: float) -> Act:
    """Nobody has it any longer."""
    return Act(
        "unacknowledged",
        by,
        at,
        lambda alert: None if alert.ack is None else replace(alert, ack=None),
    )


def annotate(by: SafeText, at: float, note: SafeText) -> Act:
    """Say something about it. Whoever speaks has what nobody has."""
    note = noted(note)
    take = acknowledge(by, at, note).change

    def change(alert: Alert) -> Alert | None:
        if alert.ack is None:
            return take(alert)
        return replace(alert, ack=replace(alert.ack, note=note))

    return Act("noted", by, at, change)


def shelve(shelf: Shelf) -> Act:
    """Out of sight until `shelf.until`, a week at the most."""
    until = min(shelf.until, shelf.at + LONGEST)

    def change(alert: Alert) -> Alert | None:
        if not alert.active:
            return None
        put = replace(shelf, until=until, severity=alert.severity, note=noted(shelf.note))
        return replace(alert, shelf=put, muted=shelved(put))

    return Act("shelved", shelf.by, shelf.at, change)


def unshelve(by: SafeText, at: float) -> Act:
    def change(alert: Alert) -> Alert | None:
        if not alert.active or alert.shelf is None:
            return None
        return replace(alert, shelf=None, muted=NO_TEXT)

    return Act("unshelved", by, at, change)


def perform(ledger: AlertLedger, chosen: Iterable[Alert], act: Act) -> tuple[Alert, ...]:
    """Do it in the ledger to each of the alerts; those it changed. Raises `StoreError`."""
    events = tuple(event for alert in chosen if (event := act.on(alert)) is not None)
    if events:
        ledger.record(events)
    return tuple(event.alert for event in events)


def said(before: Alert, after: Alert, at: float) -> Iterator[AlertEvent]:
    """What people said of an alert between two states of it."""
    if after.ack != before.ack:
        if after.ack is None:
            yield AlertEvent(at, "unacknowledged", after)
        else:
            kind = "acknowledged" if before.ack is None else "noted"
            yield AlertEvent(after.ack.at, kind, after, after.ack.by)
    if after.shelf != before.shelf:
        kind = "unshelved" if after.shelf is None else "shelved"
        yield AlertEvent(at, kind, after, after.shelf.by if after.shelf else NO_TEXT)


def difference(before: Alert | None, after: Alert, at: float) -> Iterator[AlertEvent]:
    """What happened to an alert between two states of it, as a program that follows learns it."""
    if before is None:
        if after.active:
            yield AlertEvent(at, after.state.value, after)
        return
    kind = _course(before, after)
    if kind:
        yield AlertEvent(at, kind, after)
        # What a new breach or a worse one ended, nobody took back.
        before = replace(before, ack=before.ack and after.ack, shelf=before.shelf and after.shelf)
    yield from said(before, after, at)


def _course(before: Alert, after: Alert) -> str:
    """The kind of event between the two states, beside what people said; empty for none."""
    if before.state is not after.state:
        fell = before.state is State.PENDING and after.state is State.RESOLVED
        return "inactive" if fell else after.state.value
    if not after.active or before.severity is after.severity:
        return ""
    return shift(before, after)

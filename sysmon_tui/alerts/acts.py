"""What people do to alerts, done in the ledger alone.

`sysmon-tui alerts` works so: with or without a running program. Those that run look at the ledger
and show it within a second. `alerts.engine` has the same acts for a program that judges.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeAlias

from sysmon_tui.model.alert import Alert, AlertEvent, Shelf
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.text import SafeText

Act: TypeAlias = Callable[[Alert], Alert | None]
"""The alert afterwards; None where there is nothing to do."""


def acknowledge(by: SafeText, at: float, note: SafeText) -> Act:
    return lambda alert: None if alert.ack is not None else alert.acknowledged(by, at, note)


def unacknowledge() -> Act:
    return lambda alert: None if alert.ack is None else replace(alert, ack=None)


def annotate(by: SafeText, at: float, note: SafeText) -> Act:
    def act(alert: Alert) -> Alert:
        ack = alert.ack
        if ack is None:
            return alert.acknowledged(by, at, note)
        return replace(alert, ack=replace(ack, note=note))

    return act


def shelve(shelf: Shelf) -> Act:
    return lambda alert: replace(alert, shelf=replace(shelf, severity=alert.severity))


def unshelve() -> Act:
    return lambda alert: None if alert.shelf is None else replace(alert, shelf=None)


KINDS: Mapping[str, str] = MappingProxyType(
    {
        "ack": "acknowledged",
        "unack": "unacknowledged",
        "note": "noted",
        "shelve": "shelved",
        "unshelve": "unshelved",
    }
)
"""Command to the kind of event it writes."""


def perform(
    ledger: AlertLedger, chosen: Iterable[Alert], act: Act, kind: str, by: SafeText, at: float
) -> tuple[Alert, ...]:
    """Do it to each of the alerts that is still going on; those it changed. Raises `StoreError`."""
    changed = tuple(after for alert in chosen if alert.active and (after := act(alert)) is not None)
    if changed:
        ledger.record([AlertEvent(at, kind, alert, by) for alert in changed])
    return changed

"""What the ledger has to say to a running program; the writer makes it, the monitor adopts it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.ports import AlertLedger
from sysmon_tui.model.silence import Silence
from sysmon_tui.storage.merge import merge


@dataclass(frozen=True, slots=True)
class News:
    """How alerts stand after somebody wrote to the ledger, or when another program came or went."""

    alerts: tuple[Alert, ...]
    """As the ledger has them, with what we have still to write."""
    silences: tuple[Silence, ...]
    handed: int
    """How many of our own events it takes in (`Writer.handed`)."""
    follows: bool
    """Another program judges, and this is what it found."""
    readable: bool = True
    """False: there is no telling, the ledger cannot be read."""


UNREADABLE = News((), (), 0, follows=False, readable=False)


def gather(
    ledger: AlertLedger, waiting: Iterable[AlertEvent], handed: int, *, follows: bool
) -> News:
    """Read the ledger. Raises `StoreError`."""
    alerts = {alert.fingerprint: alert for alert in ledger.load()}
    for event in waiting:
        merged = merge(alerts.pop(event.alert.fingerprint, None), event)
        if merged is not None:
            alerts[merged.fingerprint] = merged
    return News(tuple(alerts.values()), ledger.silences(), handed, follows)

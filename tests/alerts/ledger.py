"""A ledger in memory that can be handed to the next engine, as a file would be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sysmon_tui.model.alert import Alert, AlertEvent, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.silence import Silence


class MemoryLedger:
    def __init__(self, *, lossy: bool = False) -> None:
        """`lossy` forgets what a store need not keep: onsets and quiet times."""
        self.events: list[AlertEvent] = []
        self._alerts: dict[str, Alert] = {}
        self.kept_silences: dict[str, Silence] = {}
        self.writes = 0
        self._lossy = lossy

    def load(self) -> tuple[Alert, ...]:
        alerts = tuple(self._alerts.values())
        if self._lossy:
            return tuple(replace(alert, onsets=(), quiet_since=None) for alert in alerts)
        return alerts

    def record(self, events: Iterable[AlertEvent]) -> None:
        for event in events:
            self.events.append(event)
            self._alerts[event.alert.fingerprint] = event.alert
            if event.alert.state is State.INACTIVE:
                del self._alerts[event.alert.fingerprint]

    def silences(self) -> tuple[Silence, ...]:
        return tuple(self.kept_silences.values())

    def keep_silence(self, silence: Silence) -> None:
        self.writes += 1
        self.kept_silences[silence.id] = silence

    def stamp(self) -> object:
        return self.writes, len(self.events)

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        return tuple(reversed(self.events))[:limit]

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


class BrokenLedger(MemoryLedger):
    def load(self) -> tuple[Alert, ...]:
        raise StoreError("alerts.db is not readable", "Move it away")

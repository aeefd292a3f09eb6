"""History and alerts for as long as the program runs: `memory:`, where nothing may be written."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.evidence import LIFE, Dossier, Evidence
from sysmon_tui.model.ports import Derive, Ledger, Past, Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.transition import UNSEEN, UNSEEN_FOR
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.merge import last_touched, merge
from sysmon_tui.storage.scan import Scan

SAMPLE_BYTES = 128
"""What one figure takes here: its float, its place in a dictionary and its share of the batch."""
EVENTS = 1000
"""Alert events kept, newest."""
ROW_SAMPLES = 3
"""Figures that take as much as a row of a process table, which others may hold as well."""
RESOLVED_SECONDS = 86400.0
EVIDENCE = 100
"""Pieces of evidence kept, newest."""
LARGEST = 32 << 20
"""Bytes: beyond that a file is the better place."""


class MemoryStore(Scan):
    recording = True
    elsewhere = False
    notice = ""

    def __init__(self, retention: float, quota: int, derive: Derive = no_derive) -> None:
        super().__init__(self._batches_between, derive)
        self._retention = retention
        self._budget = min(quota, LARGEST) // SAMPLE_BYTES
        self._batches: deque[tuple[int, Batch]] = deque()
        self._samples = 0
        self._lock = threading.Lock()

    def append(self, batches: Iterable[Batch]) -> None:
        with self._lock:
            for batch in batches:
                size = 1 + sum(map(len, batch.families.values()))
                if batch.processes is not None:
                    size += ROW_SAMPLES * len(batch.processes.rows)
                self._batches.append((size, replace(batch, cost=0.0)))
                self._samples += size
                self._forget(batch.wall - self._retention)

    def _forget(self, before: float) -> None:
        batches = self._batches
        while batches and (self._samples > self._budget or batches[0][1].wall < before):
            self._samples -= batches.popleft()[0]

    def flush(self) -> None:
        """It is as safe as it will ever be."""

    def _batches_between(self, start: float, end: float) -> Iterator[Batch]:
        with self._lock:
            batches = tuple(self._batches)
        return (batch for _, batch in batches if start <= batch.wall < end)

    def close(self) -> None:
        """Nothing is held open."""


class MemoryLedger:
    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._events: deque[AlertEvent] = deque(maxlen=EVENTS)
        self._silences: dict[str, Silence] = {}
        self._evidence: deque[tuple[frozenset[str], Evidence]] = deque(maxlen=EVIDENCE)
        self._writes = 0
        self._lock = threading.Lock()

    def load(self) -> tuple[Alert, ...]:
        with self._lock:
            return tuple(alert for _, alert in sorted(self._alerts.items()))

    def record(self, events: Iterable[AlertEvent]) -> None:
        with self._lock:
            self._writes += 1
            for event in events:
                self._events.append(event)
                self._keep(event)
            if self._events:
                self._forget_alerts(self._events[-1].at)

    def _keep(self, event: AlertEvent) -> None:
        fingerprint = event.alert.fingerprint
        alert = merge(self._alerts.pop(fingerprint, None), event)
        if alert is not None:
            self._alerts[fingerprint] = alert

    def _forget_alerts(self, newest: float) -> None:
        over = [(last_touched(a), a.fingerprint, a) for a in self._alerts.values() if not a.active]
        for touched, fingerprint, alert in over:
            if touched < newest - (UNSEEN_FOR if alert.unseen else RESOLVED_SECONDS):
                del self._alerts[fingerprint]
        unseen = sorted(
            (touched, fingerprint) for touched, fingerprint, alert in over if alert.unseen
        )
        for _, fingerprint in unseen[:-UNSEEN]:
            self._alerts.pop(fingerprint, None)

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        with self._lock:
            return tuple(reversed(self._events))[:limit]

    def keep_evidence(self, evidence: Evidence, also: Collection[str] = ()) -> None:
        with self._lock:
            self._evidence.append((frozenset((evidence.fingerprint, *also)), evidence))

    def dossier(self, fingerprint: str) -> Dossier:
        with self._lock:
            events = [event for event in self._events if event.alert.fingerprint == fingerprint]
            kept = [evidence for of, evidence in self._evidence if fingerprint in of]
        kept.sort(key=lambda evidence: -evidence.at)
        return Dossier(tuple(events[-LIFE:]), tuple(kept))

    def silences(self) -> tuple[Silence, ...]:
        with self._lock:
            newest = self._events[-1].at if self._events else float("-inf")
            kept = [silence for silence in self._silences.values() if silence.until > newest]
        return tuple(sorted(kept, key=lambda silence: (silence.at, silence.id)))

    def keep_silence(self, silence: Silence) -> None:
        with self._lock:
            self._writes += 1
            self._silences[silence.id] = silence

    def stamp(self) -> object:
        return self._writes


def open_store(
    rest: str, *, state: Path, retention: float, quota: int, derive: Derive = no_derive
) -> Store:
    _refuse(rest)
    return MemoryStore(retention, quota, derive)


def open_past(rest: str, *, state: Path, derive: Derive = no_derive) -> Past:
    raise StoreError("memory: keeps no history that another program could read", "Use sqlite:")


def open_ledger(rest: str, *, state: Path) -> Ledger:
    _refuse(rest)
    return MemoryLedger()


def _refuse(rest: str) -> None:
    if rest:
        raise StoreError(f"memory:{rest} says where, but memory has no place", "Write memory:")

"""What the layers that may not see each other agree on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.sample import Batch


class Clock(Protocol):
    """Time as an argument: real in production, a hand-set one in tests."""

    def wall(self) -> float:
        """Seconds since the epoch, UTC; may step."""

    def mono(self) -> float:
        """Seconds that only grow; what intervals are measured on."""


class Store(Protocol):
    """Where batches are kept: a strategy chosen by URL (`storage.open_store`).

    Every method raises `StoreError`. Not thread-safe: one thread owns an open store.
    """

    def append(self, batches: Iterable[Batch]) -> None:
        """Take batches in; durable after the next `flush`. Process tables are not kept yet."""

    def flush(self) -> None:
        """Make everything appended so far survive a crash."""

    def read(
        self, start: float, end: float, *, collectors: frozenset[str], step: float = 0.0
    ) -> Iterator[Batch]:
        """Batches with `start <= wall < end`, oldest first, in constant memory.

        With `step`, at most one batch of each collector in `step` seconds: counters lose nothing
        by being thinned, because a rate over the longer interval is still exact.
        """

    def close(self) -> None: ...


class AlertLedger(Protocol):
    """What must survive a crash about alerts; written at once, small, shared between programs."""

    def load(self) -> tuple[Alert, ...]:
        """Every alert that is pending, firing, or resolved within the last day."""

    def record(self, events: Iterable[AlertEvent]) -> None:
        """Keep each event and the state of its alert after it, in one transaction."""

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        """The newest events, newest first."""

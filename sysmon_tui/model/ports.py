"""What the layers that may not see each other agree on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.message import Letter, Message, Told, Unsent
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Silence


class Clock(Protocol):
    """Time as an argument: real in production, a hand-set one in tests."""

    def wall(self) -> float:
        """Seconds since the epoch, UTC; may step."""

    def mono(self) -> float:
        """Seconds that only grow; what intervals are measured on."""


class Store(Protocol):
    """Where batches are kept: a strategy chosen by URL (`storage.open_store`).

    Every method raises `StoreError`. One thread owns an open store; only `read` and the
    properties may be used from any other, at the same time.
    """

    @property
    def recording(self) -> bool:
        """False where another program records, or nobody may: then nothing is taken in."""

    @property
    def elsewhere(self) -> bool:
        """Another program records, and judges alerts."""

    @property
    def notice(self) -> str:
        """What the user should know, one sentence: a damaged file was set aside. Else empty."""

    def append(self, batches: Iterable[Batch]) -> None:
        """Take batches in; readable and durable after the next `flush`.

        Not kept: process tables, cost, families without series.
        """

    def flush(self) -> None:
        """Make everything appended so far survive a crash.

        After an error nothing is lost: the next flush tries all of it again.
        """

    def read(
        self, start: float, end: float, *, collectors: frozenset[str], step: float = 0.0
    ) -> Iterator[Batch]:
        """Batches with `start <= wall < end` in the order recorded, in constant memory.

        With `step`, at most one batch of each collector in `step` seconds: counters lose nothing
        by being thinned, because a rate over the longer interval is still exact. `mono` grows
        from batch to batch, by months where the program was ended and begun again in between.
        """

    def close(self) -> None: ...


class AlertLedger(Protocol):
    """What must survive a crash about alerts; written at once, small, shared between programs.

    Every method raises `StoreError` and may be called from any thread.
    """

    def load(self) -> tuple[Alert, ...]:
        """Every alert that is pending or firing, was resolved within a day of the newest event, or
        within a week and nobody has seen it."""

    def record(self, events: Iterable[AlertEvent]) -> None:
        """Keep each event and the state of its alert after it, in one transaction.

        An acknowledgement somebody else made meanwhile stays (`storage.merge`).
        """

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        """The newest events, newest first."""

    def silences(self) -> tuple[Silence, ...]:
        """Every silence that has not ended by the newest event, oldest first."""

    def keep_silence(self, silence: Silence) -> None:
        """Add it, or put it in the place of the one with its id: ending one early is that."""

    def stamp(self) -> object:
        """Cheap to ask; differs from before when anybody, we included, may have written since."""


class Outbox(Protocol):
    """Messages on their way, and what each receiver knows; survives a crash.

    Every method raises `StoreError`. One thread uses it.
    """

    def put(self, message: Message, told: Mapping[str, Told | None]) -> None:
        """Keep a message until it is done, and what its receiver knows after it, in one.

        `told` is by fingerprint; None is an alert the receiver need not know any longer. Where
        there is no room the receiver's oldest message is dropped and counted.
        """

    def remember(self, receiver: str, told: Mapping[str, Told | None]) -> None:
        """Keep what a receiver knows, where no message goes with it."""

    def told(self, receiver: str) -> Mapping[str, Told]:
        """What it knows, by fingerprint."""

    def due(self, receiver: str, now: float, limit: int) -> tuple[Letter, ...]:
        """Messages to be tried now (seconds since the epoch), oldest first."""

    def next_due(self, receiver: str) -> float:
        """When the next one is to be tried; infinite where there is none."""

    def waiting(self, receiver: str) -> int:
        """How many are neither done nor given up."""

    def done(self, id: str) -> None:  # noqa: A002 - what it is called everywhere
        """It has arrived."""

    def failed(self, id: str, next_at: float | None, reason: str) -> None:  # noqa: A002 - as above
        """It has not; try it at `next_at`, or never again (None)."""

    def unsent(self) -> tuple[Unsent, ...]:
        """What was lost within the last week, for the user to see."""

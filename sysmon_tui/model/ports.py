"""What the layers that may not see each other agree on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.curve import Curve
from sysmon_tui.model.evidence import Dossier, Evidence
from sysmon_tui.model.message import Letter, Message, Told, Unsent
from sysmon_tui.model.metric import Families, Labels, SeriesKey
from sysmon_tui.model.moment import Moment
from sysmon_tui.model.process import ProcessTable
from sysmon_tui.model.process_act import Ourselves, Signal, Target
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Matcher, Silence
from sysmon_tui.model.text import SafeText

Metrics: TypeAlias = frozenset[str] | None
"""Names of metrics; None is all of them."""

Columns: TypeAlias = Mapping[Labels, Sequence[float]]
"""One metric over many moments: series by series, all of one length."""
ByColumns: TypeAlias = Callable[[Sequence[float], Mapping[str, Columns]], Columns]
"""What batches in a row say of one metric, from their monotonic times and the metrics it is made
of, which every batch must have: a column from the second batch on, NaN where it has nothing."""


class Derive(Protocol):
    """What batches say beyond their raw figures. Stores take it as an argument
    (`processors.registry.derive`), being no wiser themselves."""

    def __call__(self, collector: str) -> Callable[[Batch], Families]:
        """A fresh function that tells it of the collector's batches, fed in order."""

    def sources(self, metric: str) -> frozenset[str]:
        """The raw metrics of which a derived one is made, and itself, should it be raw."""

    def columns(self, metric: str) -> ByColumns | None:
        """What tells the same of a metric for many batches at once; None where nothing does."""


class Clock(Protocol):
    """Time as an argument: real in production, a hand-set one in tests."""

    def wall(self) -> float:
        """Seconds since the epoch, UTC; may step."""

    def mono(self) -> float:
        """Seconds that only grow; what intervals are measured on."""


class Past(Protocol):
    """What was recorded, for whoever looks back: screens, reports, backtests.

    Every method raises `StoreError` and may be called from any thread, beside the one that
    records. Times are seconds since the epoch; ranges are half open. All of it blocks on a disk
    or a network: never call it on an event loop.
    """

    def read(
        self,
        start: float,
        end: float,
        *,
        collectors: frozenset[str],
        step: float = 0.0,
        metrics: Metrics = None,
    ) -> Iterator[Batch]:
        """Batches with `start <= wall < end` in the order recorded, in constant memory; their
        figures are of those raw `metrics` alone.

        With `step`, at most one batch of each collector in `step` seconds: counters lose nothing
        by being thinned, because a rate over the longer interval is still exact. `mono` grows
        from batch to batch, by months where the program was ended and begun again in between.
        """

    def known(self, start: float, end: float) -> tuple[SeriesKey, ...]:
        """Series of which something may have been recorded in the range, raw and derived, sorted.

        What came up within the last minute may be missing.
        """

    def series(
        self,
        name: str,
        start: float,
        end: float,
        buckets: int,
        *,
        matchers: Sequence[Matcher] = (),
    ) -> Mapping[SeriesKey, Curve]:
        """Series of one metric, raw or derived (`sysmon_cpu_ratio`), in `buckets` equal spans.

        Those whose labels agree with every matcher, sorted by key; one without a sample in the
        range is left out. Each comes from the coarsest rollup that is no wider than a bucket (60,
        600 or 3600 s), and from finer ones and what was recorded where that is not yet made. A
        span of a rollup counts where it begins, so `start` at a multiple of the bucket's width
        keeps a picture steady while it moves. `Curve.mean` of a counter is its rate.
        """

    def several(
        self, names: Collection[str], start: float, end: float, buckets: int
    ) -> Mapping[str, Mapping[SeriesKey, Curve]]:
        """`series` of each of some metrics: a screen of charts opens a file but once."""

    def moment(self, at: float) -> Moment:
        """Everything known at a moment: enough to make its `Tick` anew."""

    def processes(
        self, start: float, end: float, *, step: float = 0.0
    ) -> Iterator[tuple[float, ProcessTable]]:
        """Recorded process tables with their times, oldest first, in constant memory.

        With `step`, at most one in `step` seconds, with the lives of those left out in the next.
        A recorded table is `storage.thin`ned: the busiest few dozen, and who began and ended.
        """


class Store(Past, Protocol):
    """Where batches are kept: a strategy chosen by URL (`storage.open_store`).

    Every method raises `StoreError`. One thread owns an open store; only what `Past` promises
    and the properties may be used from any other, at the same time.
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

        A process table comes back from `moment` and `processes`, not from `read`. Not kept: cost,
        inspections, families without series.
        """

    def flush(self) -> None:
        """Make everything appended so far survive a crash.

        After an error nothing is lost: the next flush tries all of it again.
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


class EvidenceLedger(Protocol):
    """What was known when alerts fired; bounded, and shared between programs like the alerts.

    Both methods raise `StoreError` and may be called from any thread.
    """

    def keep_evidence(self, evidence: Evidence, also: Collection[str] = ()) -> None:
        """Keep it for its alert, and for those (fingerprints) that fired with it and share it.

        What is too large loses its logs and series; the oldest makes room.
        """

    def dossier(self, fingerprint: str) -> Dossier:
        """Everything kept about an alert, also long after it is over."""


class Ledger(AlertLedger, EvidenceLedger, Protocol):
    """What `storage.open_ledger` opens."""


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


class Hold(Protocol):
    """One process, held so that an act cannot hit another one that got its pid.

    Every method blocks. Acts raise `SysmonError` with the reason and the remedy: `Refused`,
    `Gone`, `Denied`, `Unsupported`.
    """

    @property
    def target(self) -> Target:
        """As it was found when it was taken hold of."""

    @property
    def us(self) -> Ourselves: ...

    @property
    def refusal(self) -> str:
        """Why it gets no signal; empty where it may."""

    @property
    def certain(self) -> bool:
        """Held by the kernel; else start times are compared just before the act."""

    unwritten: str
    """Why the last act is not in the audit log; empty where it is."""

    def send(self, signal: Signal, by: SafeText) -> None: ...

    def renice(self, step: int, by: SafeText) -> tuple[int, int]:
        """The nice value before and after."""

    def close(self) -> None:
        """Let it go."""

"""Recording on a thread of its own, so that no beat ever waits for a disk.

The engine puts batches and alert events here; the thread wakes when it is time to flush, or at
once for an alert event. A store that fails is tried again with growing pauses, while a bounded
queue holds what comes in; nothing that goes wrong here reaches the beat or the screen but as a
`Recording` and a notice.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TypeVar

from sysmon_tui.model.alert import SAID, AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import AlertLedger, Clock, Past, Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Silence
from sysmon_tui.monitor.flush import Flush
from sysmon_tui.monitor.news import UNREADABLE, News, gather
from sysmon_tui.storage.thin import Thinner

CAPACITY = 6000
"""Batches held while the store cannot take them: ten minutes of ten collectors."""
EVENT_CAPACITY = 50_000
LISTEN_EVERY = 0.5
"""Seconds between two looks whether another program wrote to the ledger."""
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 20.0
"""Seconds between tries of a store or ledger that fails; doubled each time. Whoever frees a disk
sees recording go on within half a minute."""
TAKE_OVER = 3.0
"""Seconds between a viewer's tries to become the one that records: one look at a file lock."""
OPENING = 5.0
"""Seconds a reader waits for the store to be opened."""


T = TypeVar("T")


class RecordingState(StrEnum):
    OPENING = "opening"
    RECORDING = "recording"
    VIEWER = "viewer"
    """Another program records; its history is read here."""
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Recording:
    """How recording fares."""

    state: RecordingState
    reason: str = ""
    recorder: str = ""
    """The other program, where one records instead."""


class _Retry:
    """When something that fails may be tried again."""

    def __init__(self) -> None:
        self._pause = 0.0
        self.due = float("-inf")

    def failed(self, now: float) -> None:
        self._pause = min(max(FIRST_PAUSE, 2.0 * self._pause), LONGEST_PAUSE)
        self.due = now + self._pause

    def succeeded(self, due: float) -> None:
        self._pause = 0.0
        self.due = due


class Writer:
    """`start()` it, or call `drain()` by hand."""

    def __init__(
        self,
        open_store: Callable[[], Store],
        ledger: AlertLedger,
        *,
        clock: Clock,
        flush_every: float = 10.0,
        capacity: int = CAPACITY,
        wanted: Flush | None = None,
    ) -> None:
        """`open_store` is called on the writer's thread and may raise `StoreError`. `wanted` is
        how other programs ask for a flush before it is due."""
        self.ledger = ledger
        self.dropped = 0
        """Batches that were never recorded because the store could not take them in time."""
        self._open_store = open_store
        self._clock = clock
        self._flush_every = flush_every
        self._wanted = wanted
        self._store: Store | None = None
        self._queue: deque[Batch] = deque(maxlen=capacity)
        self._thinner = Thinner()
        self._events: deque[AlertEvent] = deque()
        self.heard: Callable[[News], None] = lambda _news: None
        """Told, on the writer's thread, when the ledger was written to or our part changed."""
        self.handed = 0
        """Alert events given to us so far."""
        self._settled = 0
        """How many of them are in the ledger or will never be."""
        self._silences: deque[Silence] = deque()
        self._heard: object = None
        """What the last news were about."""
        self._held: tuple[AlertEvent, ...] = ()
        """Events the ledger has not taken so far."""
        self._readable = True
        self._unflushed = False
        self._flush_retry, self._ledger_retry = _Retry(), _Retry()
        self._recording = Recording(RecordingState.OPENING)
        self._ledger_problem = ""
        self._opened = threading.Event()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def recording(self) -> Recording:
        return self._recording

    @property
    def queued(self) -> int:
        """Batches that wait to be recorded."""
        return len(self._queue)

    def judges(self) -> bool:
        """Of several programs on a host, the one that records tells people of alerts."""
        return self._recording.state is not RecordingState.VIEWER

    @property
    def shares(self) -> bool:
        """Another program records, so that it judges alerts too: we only write what people say."""
        store = self._store
        return not self.judges() and store is not None and store.elsewhere

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, worst first."""
        paused = self._recording.state is RecordingState.PAUSED
        notices = (
            f"Recording is paused: {self._recording.reason}" if paused else "",
            f"Alerts are not kept: {self._ledger_problem}" if self._ledger_problem else "",
            self._store.notice if self._store else "",
            # Only a ledger that is a file has something to say.
            getattr(self.ledger, "notice", ""),
        )
        return tuple(notice for notice in notices if notice)

    def put(self, batches: Iterable[Batch]) -> None:
        """Take a beat's batches; from any thread, never waits."""
        for batch in batches:
            if len(self._queue) == self._queue.maxlen:
                self.dropped += 1
            # A queued process table would be kept alive with its thousands of rows.
            self._queue.append(self._thinner.thin(batch))

    def record(self, events: Sequence[AlertEvent]) -> None:
        """Take alert events, to be written at once; from any thread, never waits."""
        self.handed += len(events)
        self._events.extend(events)
        self._wake.set()

    def silence(self, silence: Silence) -> None:
        """Take a silence, to be kept at once; from any thread, never waits."""
        self._silences.append(silence)
        self._wake.set()

    def read(
        self, start: float, end: float, *, collectors: frozenset[str], step: float = 0.0
    ) -> Iterator[Batch]:
        """`Past.read` of `past()`; nothing while there is none."""
        past = self.past()
        return past.read(start, end, collectors=collectors, step=step) if past else iter(())

    def past(self) -> Past | None:
        """To look back into what is recorded, from any thread but the writer's, which it blocks.

        None while there is no store; one that is still being opened is waited for a moment. Ask
        again each time: a viewer's store is opened anew now and then.
        """
        if self._thread is not None:
            self._opened.wait(OPENING)
        return self._store

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Write everything out and close; a store that hangs is left behind after `timeout` s,
        but not what people said meanwhile: the ledger is another file."""
        self._stopping = True
        self._wake.set()
        if self._thread is None:
            self._finish()
            return
        self._thread.join(timeout)
        if self._thread.is_alive():
            last = threading.Thread(target=self._write_said, name="last words", daemon=True)
            last.start()
            last.join(timeout)

    def drain(self) -> float:
        """One turn of the thread: write what is due; the seconds until something is due again."""
        now = self._clock.mono()
        if self._recording.state is RecordingState.OPENING:
            # Who judges must be known before anything is written.
            self._write_batches(now)
        if now >= self._ledger_retry.due:
            self._write_events(now)
        if now >= self._flush_retry.due:
            self._write_batches(now)
        self._oblige(now)
        self._listen()
        due = self._flush_retry.due
        if self._held or self._events or self._silences:
            due = min(due, self._ledger_retry.due)
        return max(0.0, due - self._clock.mono())

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wake.wait(min(self.drain(), LISTEN_EVERY))
                self._wake.clear()
            self._finish()
        except BaseException:
            # A defect: the thread is lost, and that must be seen.
            self._recording = Recording(RecordingState.PAUSED, "the recorder broke down")
            raise
        finally:
            self._opened.set()

    def _write_said(self) -> None:
        """What people said and nobody has written; the thread that should hangs elsewhere."""
        said = [event for event in _take(self._events) if event.kind in SAID]
        with suppress(StoreError):
            self.ledger.record(said)
            for silence in _take(self._silences):
                self.ledger.keep_silence(silence)

    def _finish(self) -> None:
        if self._recording.state is RecordingState.OPENING:
            # Nobody knows yet whether it is ours to say what fires.
            self._write_said()
        else:
            self._write_events(self._clock.mono())
        store, self._store = self._store, None
        if store is None:
            return
        try:
            if store.recording:
                store.append(_take(self._queue))
            store.close()
        except StoreError as error:
            self._recording = Recording(RecordingState.PAUSED, str(error))

    def _listen(self) -> None:
        """Pass on what the ledger holds when anybody, we included, has written to it."""
        waiting = self._to_write()
        handed = self._settled + len(waiting)
        heard = (self.ledger.stamp(), handed, self.shares)
        if heard == self._heard:
            return
        try:
            news = gather(self.ledger, waiting, handed, follows=self.shares)
        except StoreError as error:
            self._ledger_problem = str(error)
            if self._readable:
                self._readable = False
                self.heard(UNREADABLE)
            return
        self._readable, self._heard = True, heard
        if not waiting:
            self._ledger_problem = ""
        self.heard(news)

    def _to_write(self) -> tuple[AlertEvent, ...]:
        """Events the ledger has still to take. What another program judges is not ours to write."""
        taken = (*self._held, *_take(self._events))
        ours = tuple(event for event in taken if event.kind in SAID) if self.shares else taken
        self._held = ours[-EVENT_CAPACITY:]
        # Lost is lost: nobody waits for those to be written.
        self._settled += len(taken) - len(self._held)
        return self._held

    def _write_events(self, now: float) -> None:
        events = self._to_write()
        if not events and not self._silences:
            return
        try:
            while self._silences:
                self.ledger.keep_silence(self._silences[0])
                self._silences.popleft()
            if events:
                self.ledger.record(events)
        except StoreError as error:
            self._ledger_problem = str(error)
            self._ledger_retry.failed(now)
        else:
            self._settled += len(events)
            self._held = ()
            self._ledger_problem = ""
            self._ledger_retry.succeeded(now)

    def _write_batches(self, now: float) -> None:
        try:
            store = self._current_store()
            if store.recording:
                if self._recording.state is RecordingState.VIEWER:
                    self._forget_recorded(store)
                self._flush(store)
                self._recording = Recording(RecordingState.RECORDING)
                self._flush_retry.succeeded(now + self._flush_every)
            else:
                # What was queued is for the other program to write, and has been.
                self._queue.clear()
                self._recording = _viewing(store)
                self._flush_retry.succeeded(now + TAKE_OVER)
        except StoreError as error:
            self._recording = Recording(RecordingState.PAUSED, str(error))
            self._flush_retry.failed(now)
        finally:
            self._opened.set()

    def _forget_recorded(self, store: Store) -> None:
        """Leave out of the queue what the program whose place we take has recorded itself."""
        queued = _take(self._queue)
        if not queued:
            return
        collectors = frozenset(batch.collector for batch in queued)
        kept = store.read(queued[0].wall, inf, collectors=collectors)
        newest = max((batch.wall for batch in kept), default=-inf)
        self._queue.extendleft(batch for batch in reversed(queued) if batch.wall > newest)

    def _oblige(self, now: float) -> None:
        """Flush at once where somebody asks for it; that is for the one that records to do."""
        if (
            self._wanted is not None
            and self._recording.state is RecordingState.RECORDING
            and self._wanted.take()
        ):
            self._write_batches(now)
            if self._recording.state is RecordingState.RECORDING:
                self._wanted.done()

    def _flush(self, store: Store) -> None:
        # After a failure the store still has what it was given. It gets no more until it is rid
        # of that, so that only the queue grows, which is bounded.
        if self._unflushed:
            store.flush()
        self._unflushed = True
        store.append(_take(self._queue))
        store.flush()
        self._unflushed = False

    def _current_store(self) -> Store:
        """The open store; one we may only read is opened again, perhaps to record now."""
        old = self._store
        if old is None or (not old.recording and self._recording.state is RecordingState.VIEWER):
            self._store = self._open_store()
            if old is not None:
                old.close()
            return self._store
        return old


def _viewing(store: Store) -> Recording:
    """What is so while this program only reads."""
    if store.notice:
        return Recording(RecordingState.VIEWER, store.notice)
    # Only a store that is a file knows who holds it.
    recorder = getattr(store, "recorder", "") or "another program"
    return Recording(RecordingState.VIEWER, f"{recorder} records this machine", recorder)


def _take(queue: deque[T]) -> list[T]:
    """Everything in the queue; what other threads put in meanwhile may stay."""
    return [queue.popleft() for _ in range(len(queue))]

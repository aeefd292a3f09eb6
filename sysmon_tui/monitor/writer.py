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
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.ports import AlertLedger, Clock, Metrics, Past, Store
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Silence
from sysmon_tui.monitor.flush import Flush
from sysmon_tui.monitor.retry import Retry, take
from sysmon_tui.monitor.scribe import Scribe
from sysmon_tui.storage.thin import Thinner

CAPACITY = 6000
"""Batches held while the store cannot take them: ten minutes of ten collectors."""
LISTEN_EVERY = 0.5
"""Seconds between two looks whether another program wrote to the ledger."""
TAKE_OVER = 3.0
"""Seconds between a viewer's tries to become the one that records: one look at a file lock."""
OPENING = 5.0
"""Seconds a reader waits for the store to be opened."""


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
        self.scribe = Scribe(ledger)
        self.dropped = 0
        """Batches that were never recorded because the store could not take them in time."""
        self._open_store = open_store
        self._clock = clock
        self._flush_every = flush_every
        self._wanted = wanted
        self._store: Store | None = None
        self._queue: deque[Batch] = deque(maxlen=capacity)
        self._thinner = Thinner()
        self._unflushed = False
        self._retry = Retry()
        self._recording = Recording(RecordingState.OPENING)
        self._opened = threading.Event()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def ledger(self) -> AlertLedger:
        return self.scribe.ledger

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
            f"Alerts are not kept: {self.scribe.problem}" if self.scribe.problem else "",
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
        self.scribe.record(events)
        self._wake.set()

    def silence(self, silence: Silence) -> None:
        """Take a silence, to be kept at once; from any thread, never waits."""
        self.scribe.silence(silence)
        self._wake.set()

    def read(
        self,
        start: float,
        end: float,
        *,
        collectors: frozenset[str],
        step: float = 0.0,
        metrics: Metrics = None,
    ) -> Iterator[Batch]:
        """`Past.read` of `past()`; nothing while there is none."""
        past = self.past()
        if past is None:
            return iter(())
        return past.read(start, end, collectors=collectors, step=step, metrics=metrics)

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
            last = threading.Thread(target=self.scribe.write_said, name="last words", daemon=True)
            last.start()
            last.join(timeout)

    def drain(self) -> float:
        """One turn of the thread: write what is due; the seconds until something is due again."""
        now = self._clock.mono()
        if self._recording.state is RecordingState.OPENING:
            # Who judges must be known before anything is written.
            self._write_batches(now)
        if now >= self.scribe.retry.due:
            self.scribe.write(now, shares=self.shares)
        if now >= self._retry.due:
            self._write_batches(now)
        self._oblige(now)
        self.scribe.listen(shares=self.shares)
        due = self._retry.due
        if self.scribe.waiting:
            due = min(due, self.scribe.retry.due)
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

    def _finish(self) -> None:
        if self._recording.state is RecordingState.OPENING:
            # Nobody knows yet whether it is ours to say what fires.
            self.scribe.write_said()
        else:
            self.scribe.write(self._clock.mono(), shares=self.shares)
        store, self._store = self._store, None
        if store is None:
            return
        try:
            if store.recording:
                store.append(take(self._queue))
            store.close()
        except StoreError as error:
            self._recording = Recording(RecordingState.PAUSED, str(error))

    def _write_batches(self, now: float) -> None:
        try:
            store = self._current_store()
            if store.recording:
                if self._recording.state is RecordingState.VIEWER:
                    self._forget_recorded(store)
                self._flush(store)
                self._recording = Recording(RecordingState.RECORDING)
                self._retry.succeeded(now + self._flush_every)
            else:
                # What was queued is for the other program to write, and has been.
                self._queue.clear()
                self._recording = _viewing(store)
                self._retry.succeeded(now + TAKE_OVER)
        except StoreError as error:
            self._recording = Recording(RecordingState.PAUSED, str(error))
            self._retry.failed(now)
        finally:
            self._opened.set()

    def _forget_recorded(self, store: Store) -> None:
        """Leave out of the queue what the program whose place we take has recorded itself."""
        queued = take(self._queue)
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
        store.append(take(self._queue))
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

"""Recording on its own thread: what is due, what fails, what overflows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.silence import Silence
from sysmon_tui.model.text import clean_name
from sysmon_tui.monitor.flush import Flush
from sysmon_tui.monitor.retry import FIRST_PAUSE, LONGEST_PAUSE
from sysmon_tui.monitor.writer import TAKE_OVER, Recording, RecordingState, Writer
from sysmon_tui.storage import open_ledger, open_store
from sysmon_tui.storage.gather import no_derive
from sysmon_tui.storage.scan import Scan
from tests.clock import ManualClock

ALERT = Alert(
    fingerprint="f",
    rule="Busy",
    labels=(),
    state=State.FIRING,
    severity=Severity.WARNING,
    value=1.0,
    worst=1.0,
    since=1.0,
)
FIRING = AlertEvent(1.0, "firing", ALERT)
TAKEN = AlertEvent(2.0, "acknowledged", ALERT, clean_name("mira"))
SILENCE = Silence(id="s", matchers=(), by=clean_name("mira"), at=1.0, until=9.0)
CPU = frozenset({"cpu"})


class FakeStore(Scan):
    def __init__(self, *, recording: bool = True) -> None:
        super().__init__(self.between, no_derive)
        self.recording = recording
        self.elsewhere = not recording
        self.notice = ""
        self.taken: list[Batch] = []
        self.flushed: list[Batch] = []
        self.flushes = 0
        self.closed = False
        self.failure = ""

    def append(self, batches: Iterable[Batch]) -> None:
        self.taken.extend(batches)

    def flush(self) -> None:
        if self.failure:
            raise StoreError(self.failure)
        self.flushes += 1
        self.flushed.extend(self.taken)
        self.taken.clear()

    def between(self, start: float, end: float) -> Iterator[Batch]:
        return iter([batch for batch in self.flushed if start <= batch.wall < end])

    def close(self) -> None:
        self.closed = True
        self.flush()


class FakeLedger:
    def __init__(self) -> None:
        self.events: list[AlertEvent] = []
        self.failure = ""

        self.kept: list[Silence] = []

    def load(self) -> tuple[Alert, ...]:
        if self.failure:
            raise StoreError(self.failure)
        return tuple({event.alert.fingerprint: event.alert for event in self.events}.values())

    def record(self, events: Iterable[AlertEvent]) -> None:
        if self.failure:
            raise StoreError(self.failure)
        self.events.extend(events)

    def history(self, limit: int) -> tuple[AlertEvent, ...]:
        return ()

    def silences(self) -> tuple[Silence, ...]:
        return tuple(self.kept)

    def keep_silence(self, silence: Silence) -> None:
        if self.failure:
            raise StoreError(self.failure)
        self.kept.append(silence)

    def stamp(self) -> object:
        return len(self.events), len(self.kept)


class Bench:
    """A writer whose time, store and ledger the test holds."""

    def __init__(
        self, *stores: FakeStore, capacity: int = 100, wanted: Flush | None = None
    ) -> None:
        self.clock = ManualClock()
        self.stores = list(stores or (FakeStore(),))
        self.store = self.stores[0]
        self.ledger = FakeLedger()
        self.opened = 0
        self.refusal = ""
        self.writer = Writer(
            self.open, self.ledger, clock=self.clock, capacity=capacity, wanted=wanted
        )

    def open(self) -> FakeStore:
        if self.refusal:
            raise StoreError(self.refusal)
        self.opened += 1
        return self.stores[min(self.opened, len(self.stores)) - 1]

    def batches(self, count: int = 1) -> list[Batch]:
        made = []
        for _ in range(count):
            self.clock.advance(1.0)
            figures = {"x": {labels(): self.clock.mono()}}
            made.append(
                Batch(
                    collector="cpu",
                    wall=self.clock.wall(),
                    mono=self.clock.mono(),
                    families=figures,
                )
            )
        self.writer.put(made)
        return made

    def state(self) -> RecordingState:
        return self.writer.recording.state

    def notices(self) -> tuple[str, ...]:
        return self.writer.notices


def test_it_flushes_every_ten_seconds() -> None:
    bench = Bench()
    assert bench.state() is RecordingState.OPENING
    assert bench.writer.drain() == 10.0
    assert bench.state() is RecordingState.RECORDING
    batches = bench.batches(4)
    assert bench.writer.drain() == 6.0
    assert bench.store.flushed == []
    batches += bench.batches(6)
    assert bench.writer.drain() == 10.0
    assert bench.store.flushed == batches
    assert bench.store.flushes == 2
    assert bench.opened == 1


def test_process_tables_are_thin_before_they_wait() -> None:
    bench = Bench()
    row = ProcessRow(1, 1.0, 0, 0, clean_name("x"), "S", 0.0, 0.0, 0, 1, 0, False)
    table = ProcessTable(rows=tuple(row._replace(pid=pid) for pid in range(1, 3000)))
    bench.writer.put(
        Batch(collector="process", wall=wall, mono=wall, processes=table) for wall in (1.0, 2.0)
    )
    bench.writer.drain()
    first, second = bench.store.flushed
    assert first.processes is not None
    assert len(first.processes.rows) < 100
    assert second.processes is None


def test_alert_events_do_not_wait_for_a_flush() -> None:
    bench = Bench()
    bench.writer.drain()
    bench.clock.advance(1.0)
    bench.writer.record([FIRING])
    assert bench.writer.drain() == 9.0
    assert bench.ledger.events == [FIRING]


def test_a_ledger_that_fails_is_tried_again() -> None:
    bench = Bench()
    bench.ledger.failure = "disk full"
    bench.writer.record([FIRING])
    assert bench.writer.drain() == FIRST_PAUSE
    assert bench.notices() == ("Alerts are not kept: disk full",)
    bench.writer.record([FIRING])
    assert bench.writer.drain() == FIRST_PAUSE
    bench.ledger.failure = ""
    bench.clock.advance(FIRST_PAUSE)
    bench.writer.drain()
    assert bench.ledger.events == [FIRING, FIRING]
    assert bench.notices() == ()


def test_a_store_that_fails_is_tried_again_with_growing_pauses() -> None:
    bench = Bench()
    first = bench.batches(2)
    bench.store.failure = "disk full"
    pauses = []
    for _ in range(6):
        pauses.append(bench.writer.drain())
        bench.clock.advance(pauses[-1])
    assert pauses == [5.0, 10.0, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    assert LONGEST_PAUSE + 10.0 <= 30.0
    assert bench.state() is RecordingState.PAUSED
    assert bench.notices() == ("Recording is paused: disk full",)
    # What comes in meanwhile stays in the bounded queue, not in the store.
    second = bench.batches(3)
    assert bench.writer.drain() == LONGEST_PAUSE
    assert bench.store.taken == first
    bench.store.failure = ""
    bench.clock.advance(LONGEST_PAUSE)
    assert bench.writer.drain() == 10.0
    assert bench.store.flushed == first + second
    assert bench.state() is RecordingState.RECORDING
    assert bench.notices() == ()
    assert bench.writer.dropped == 0
    # And pauses begin small again.
    bench.store.failure = "disk full"
    bench.clock.advance(10.0)
    assert bench.writer.drain() == FIRST_PAUSE


def test_overflow_drops_the_oldest_and_counts() -> None:
    bench = Bench(capacity=10)
    bench.refusal = "no directory"
    bench.writer.drain()
    assert bench.state() is RecordingState.PAUSED
    batches = bench.batches(25)
    assert bench.writer.dropped == 15
    bench.refusal = ""
    bench.writer.drain()
    assert bench.store.flushed == batches[15:]


def test_a_viewer_leaves_recording_to_the_other_and_takes_over() -> None:
    viewer, recorder = FakeStore(recording=False), FakeStore()
    bench = Bench(viewer, viewer, recorder)
    bench.batches(3)
    assert bench.writer.drain() == TAKE_OVER
    assert bench.state() is RecordingState.VIEWER
    assert bench.writer.recording.reason == "another program records this machine"
    assert bench.notices() == ()
    bench.clock.advance(TAKE_OVER)
    assert bench.writer.drain() == TAKE_OVER
    assert viewer.closed
    assert bench.opened == 2
    batches = bench.batches(30)
    assert bench.writer.drain() == 10.0
    assert bench.state() is RecordingState.RECORDING
    assert recorder.flushed == batches
    assert viewer.taken == []


def test_whoever_takes_over_does_not_write_again_what_is_recorded() -> None:
    viewer, recorder = FakeStore(recording=False), FakeStore()
    bench = Bench(viewer, recorder)
    bench.writer.drain()
    batches = bench.batches(int(TAKE_OVER))
    recorder.flushed = batches[:2]
    bench.writer.drain()
    assert recorder.flushed == batches


def test_a_viewer_names_the_recorder_where_the_store_does() -> None:
    bench = Bench(FakeStore(recording=False))
    bench.store.recorder = "pid 7"  # type: ignore[attr-defined] # as a file's store has
    bench.writer.drain()
    assert bench.writer.recording == Recording(
        RecordingState.VIEWER, "pid 7 records this machine", "pid 7"
    )


def test_a_viewer_stays_one_while_the_store_cannot_be_opened_again() -> None:
    bench = Bench(FakeStore(recording=False))
    bench.writer.drain()
    bench.refusal = "no directory"
    bench.clock.advance(TAKE_OVER)
    assert bench.writer.drain() == FIRST_PAUSE
    assert bench.state() is RecordingState.PAUSED
    assert not bench.store.closed
    bench.refusal = ""
    bench.clock.advance(FIRST_PAUSE)
    bench.writer.drain()
    assert bench.state() is RecordingState.VIEWER


def test_a_viewer_says_why_where_the_store_knows() -> None:
    bench = Bench(FakeStore(recording=False))
    bench.store.notice = "History is only read: read-only file system"
    bench.writer.drain()
    assert bench.writer.recording.reason == bench.store.notice
    assert bench.notices() == (bench.store.notice,)


def test_notices_of_store_and_ledger() -> None:
    bench = Bench()
    bench.store.notice = "History was damaged"
    bench.ledger.notice = "Ledger was damaged"  # type: ignore[attr-defined]
    assert bench.notices() == ("Ledger was damaged",)
    bench.writer.drain()
    assert bench.notices() == ("History was damaged", "Ledger was damaged")


def test_reading_goes_to_the_store() -> None:
    bench = Bench()
    assert list(bench.writer.read(0.0, 1e12, collectors=CPU)) == []
    batches = bench.batches(3)
    bench.writer.drain()
    assert list(bench.writer.read(0.0, batches[2].wall, collectors=CPU)) == batches[:2]


def test_stopping_writes_out_what_is_there() -> None:
    bench = Bench()
    bench.writer.drain()
    batches = bench.batches(3)
    bench.writer.record([FIRING])
    bench.writer.stop(1.0)
    assert bench.store.closed
    assert bench.store.flushed == batches
    assert bench.ledger.events == [FIRING]
    assert list(bench.writer.read(0.0, 1e12, collectors=CPU)) == []


def test_stopping_what_never_started_opens_nothing() -> None:
    bench = Bench()
    bench.batches(3)
    bench.writer.stop(1.0)
    assert bench.opened == 0


def test_what_people_said_before_the_store_was_open_is_kept() -> None:
    bench = Bench()
    bench.writer.record([FIRING, TAKEN])
    bench.writer.silence(SILENCE)
    bench.writer.stop(1.0)
    # Whether it is ours to say what fires was not known yet.
    assert (bench.ledger.events, bench.ledger.kept) == ([TAKEN], [SILENCE])
    assert bench.opened == 0


def test_what_people_said_is_kept_though_the_store_never_opens() -> None:
    bench, asked, answered = Bench(), threading.Event(), threading.Event()

    def hang() -> FakeStore:
        asked.set()
        answered.wait()
        return bench.store

    writer = Writer(hang, bench.ledger, clock=bench.clock)
    writer.start()
    asked.wait()
    writer.record([FIRING, TAKEN])
    writer.stop(0.01)
    for thread in threading.enumerate():
        if thread.name == "last words":
            thread.join()
    assert bench.ledger.events == [TAKEN]
    answered.set()
    writer.stop(10.0)


def test_it_flushes_at_once_where_somebody_asks(tmp_path: Path) -> None:
    flush = Flush(tmp_path)
    bench = Bench(wanted=flush)
    bench.writer.drain()
    batches = bench.batches(2)
    bench.writer.drain()
    assert bench.store.flushed == []
    assert flush.ask(lambda _seconds: bench.writer.drain())
    assert bench.store.flushed == batches
    assert not list(tmp_path.iterdir())


def test_one_that_cannot_flush_does_not_say_that_it_did(tmp_path: Path) -> None:
    flush = Flush(tmp_path)
    bench = Bench(wanted=flush)
    bench.writer.drain()
    bench.store.failure = "disk full"
    assert not flush.ask(lambda _seconds: bench.writer.drain())


def test_a_viewer_leaves_the_request_to_the_one_that_records(tmp_path: Path) -> None:
    bench = Bench(FakeStore(recording=False), wanted=Flush(tmp_path))
    bench.writer.drain()
    assert not Flush(tmp_path).ask(lambda _seconds: bench.writer.drain())
    assert not list(tmp_path.iterdir())


def test_a_viewer_stops_without_writing() -> None:
    bench = Bench(FakeStore(recording=False))
    bench.writer.drain()
    bench.batches(3)
    bench.writer.stop(1.0)
    assert bench.store.closed
    assert bench.store.flushed == []


def test_a_failure_at_the_end_is_told() -> None:
    bench = Bench()
    bench.writer.drain()
    bench.store.failure = "disk full"
    bench.writer.stop(1.0)
    assert bench.writer.recording.reason == "disk full"


def test_the_thread_opens_records_and_ends() -> None:
    bench = Bench()
    bench.writer.start()
    batches = bench.batches(3)
    bench.writer.record([FIRING])
    assert list(bench.writer.read(0.0, 0.0, collectors=CPU)) == []
    assert bench.opened == 1
    bench.writer.stop(10.0)
    assert bench.store.flushed == batches
    assert bench.ledger.events == [FIRING]
    assert "writer" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_is_seen_and_nobody_waits_for_it() -> None:
    def broken() -> FakeStore:
        raise ZeroDivisionError

    writer = Writer(broken, FakeLedger(), clock=ManualClock())
    writer.start()
    assert list(writer.read(0.0, 1.0, collectors=CPU)) == []
    writer.stop(10.0)
    assert writer.notices == ("Recording is paused: the recorder broke down",)


def test_with_a_real_store_history_is_there_on_the_second_start(tmp_path: Path) -> None:
    clock = ManualClock()

    def open_writer() -> Writer:
        return Writer(
            lambda: open_store("sqlite:", state=tmp_path, retention=1e6, quota=1 << 24),
            open_ledger("sqlite:", state=tmp_path),
            clock=clock,
        )

    writer = open_writer()
    writer.start()
    batch = Batch(collector="cpu", wall=clock.wall(), mono=clock.mono(), families={"x": {(): 1.0}})
    writer.put([batch])
    writer.record([FIRING])
    writer.stop(10.0)
    again = open_writer()
    assert again.ledger.load() == (ALERT,)
    again.drain()
    assert list(again.read(0.0, 1e12, collectors=CPU)) == [batch]
    again.stop(1.0)

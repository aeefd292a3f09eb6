"""The headless service: what it tells, what it proves, and how it ends."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sysmon_tui.alerts.bus import Bus
from sysmon_tui.model.alert import Acknowledgement, Alert, AlertEvent, Severity, State
from sysmon_tui.model.errors import SysmonError
from sysmon_tui.model.sample import CollectorState, Status
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor import pulse, service
from sysmon_tui.monitor.pulse import Pulse
from sysmon_tui.monitor.service import Service
from sysmon_tui.monitor.supervisor import Supervisor
from sysmon_tui.monitor.writer import Recording, RecordingState
from tests.clock import ManualClock

TERM, HUP = signal.SIGTERM, signal.SIGHUP
RECORDING = Recording(RecordingState.RECORDING)
VIEWER = Recording(RecordingState.VIEWER, "pid 7 records this machine", "pid 7")
ALERT = Alert(
    fingerprint="f1",
    rule="Busy",
    labels=(),
    state=State.FIRING,
    severity=Severity.CRITICAL,
    value=1.0,
    worst=1.0,
    since=1.0,
    summary=clean("too busy"),
)
Step = Callable[["Bench"], None]


class Words(Supervisor):
    """A supervisor that keeps what it was told."""

    def __init__(self, watchdog: float) -> None:
        super().__init__({}, 1)
        self.watchdog = watchdog
        self.told: list[str] = []

    def tell(self, *words: str) -> None:
        self.told += words


class Bench:
    """A monitor to be recorded: each step is taken when the service looks how recording fares."""

    interval = 1.0

    def __init__(
        self, tmp_path: Path, *steps: Step, wait: bool = False, watchdog: float = float("inf")
    ) -> None:
        self.clock = ManualClock()
        self.steps = list(steps)
        self.state = RECORDING
        self.notices: tuple[str, ...] = ()
        self.tick_bus: Bus[Tick] = Bus()
        self.done: list[str] = []
        self.killed: list[int] = []
        self.refused: list[int] = []
        self.health = tmp_path / "health.json"
        self.pulses: list[Pulse] = []
        self.words = Words(watchdog)
        self.number = 0
        self.service = Service(
            self,
            self.clock,
            self.health,
            supervisor=self.words,
            wait=wait,
            ends=self._ends,
            exit_now=self.killed.append,
        )

    def _ends(self, number: int) -> bool:
        return number not in self.refused

    @property
    def recording(self) -> Recording:
        return self.state

    def start(self) -> None:
        self.done.append("start")
        self._step()

    def stop(self) -> None:
        self.done.append("stop")

    def tick(self, *events: AlertEvent, passed: float = 1.0) -> None:
        """A beat of the engine; then, where the service has dealt with it, the next step."""
        self.clock.advance(passed)
        self.number += 1
        state = CollectorState(name="cpu", status=Status.OK, interval=1.0, age=0.0, cost=0.0)
        self.tick_bus.publish(
            Tick(
                number=self.number,
                wall=self.clock.wall(),
                mono=self.clock.mono(),
                events=events,
                collectors=(state,),
            )
        )

    def _step(self) -> None:
        if self.steps:
            self.steps.pop(0)(self)

    def run(self, monkeypatch: pytest.MonkeyPatch) -> int:
        """Run the service; after each turn the next step is taken."""
        turn = self.service._turn

        def turn_and_step() -> int:
            number = turn()
            if self.health.exists():
                self.pulses.append(pulse.read(self.health))
            if not number:
                self._step()
            return number

        monkeypatch.setattr(self.service, "_turn", turn_and_step)
        return self.service.run()


def event(kind: str, **changes: object) -> AlertEvent:
    return AlertEvent(1.0, kind, replace(ALERT, **changes))  # type: ignore[arg-type]


def ticks(*events: AlertEvent) -> Step:
    return lambda bench: bench.tick(*events)


def signals(number: int) -> Step:
    return lambda bench: bench.service.signal(number)


def records(recording: Recording) -> Step:
    def step(bench: Bench) -> None:
        bench.state = recording
        bench.tick()

    return step


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """The lines of the log so far: level, event and what belongs to it."""
    caplog.set_level(logging.DEBUG, service.__name__)

    def lines() -> list[str]:
        return [
            " ".join(
                [
                    record.levelname.lower(),
                    record.getMessage(),
                    *(str(value) for value in getattr(record, "fields", {}).values() if value),
                ]
            )
            for record in caplog.records
        ]

    return lines


Said = Callable[[], list[str]]


def test_it_runs_until_a_signal_and_stops_the_monitor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    bench = Bench(tmp_path, ticks(), ticks(), signals(TERM))
    assert bench.run(monkeypatch) == TERM
    assert bench.done == ["start", "stop"]
    assert bench.words.told == ["READY=1", "STATUS=recording"]
    assert said() == ["info recording"]
    assert bench.killed == []


def test_it_is_ready_only_when_history_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "OPENING", 0.0)
    told: list[list[str]] = []
    bench = Bench(
        tmp_path,
        lambda bench: setattr(bench, "state", Recording(RecordingState.OPENING)),
        lambda bench: told.append(list(bench.words.told)),
        records(RECORDING),
        signals(TERM),
    )
    bench.run(monkeypatch)
    assert told == [[]]
    assert "READY=1" in bench.words.told


def test_the_second_request_to_end_is_obeyed_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.service.signal(HUP)
    bench.service.signal(TERM)
    bench.service.signal(HUP)
    assert bench.killed == []
    bench.service.signal(signal.SIGINT)
    assert bench.killed == [130]


def test_a_signal_may_be_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, signals(HUP), ticks(), signals(TERM))
    bench.refused = [HUP]
    # A signal that is refused ends no turn's step: the next one is taken by hand.
    bench.steps.insert(1, ticks())
    original = bench.service._ends

    def refuse(number: int) -> bool:
        ended = original(number)
        if not ended:
            bench._step()
        return ended

    monkeypatch.setattr(bench.service, "_ends", refuse)
    assert bench.run(monkeypatch) == TERM


def test_alerts_are_told_by_how_bad_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    taken = Acknowledgement(clean("mira"), 2.0, clean("mine"))
    bench = Bench(
        tmp_path,
        ticks(event("pending", state=State.PENDING), event("moved")),
        ticks(event("firing", severity=Severity.WARNING), event("worse")),
        ticks(AlertEvent(2.0, "acknowledged", replace(ALERT, ack=taken), clean("mira"))),
        ticks(event("resolved", state=State.RESOLVED)),
        signals(TERM),
    )
    bench.run(monkeypatch)
    assert said()[1:] == [
        "debug alert pending Busy critical f1 too busy",
        "warning alert firing Busy warning f1 too busy",
        "error alert worse Busy critical f1 too busy",
        "info alert acknowledged Busy critical f1 too busy mira mine",
        "info alert resolved Busy critical f1 too busy",
    ]


def test_what_happens_at_the_very_end_is_told_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    bench = Bench(tmp_path, signals(TERM))
    stop = bench.stop

    def last_words() -> None:
        bench.service._take(Tick(number=9, wall=9.0, mono=9.0, events=(event("firing"),)))
        stop()

    monkeypatch.setattr(bench, "stop", last_words)
    bench.run(monkeypatch)
    assert said()[-1] == "error alert firing Busy critical f1 too busy"


def test_problems_are_told_when_they_come_and_when_they_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    def notices(*texts: str) -> Step:
        def step(bench: Bench) -> None:
            bench.notices = texts
            bench.tick()

        return step

    bench = Bench(
        tmp_path,
        notices("a", "b"),
        notices("a", "b"),
        notices("b"),
        records(Recording(RecordingState.PAUSED, "disk full")),
        records(RECORDING),
        signals(TERM),
    )
    bench.run(monkeypatch)
    assert said() == [
        "info recording",
        "warning problem a",
        "warning problem b",
        "info problem over a",
        "info recording",
    ]


def test_the_health_file_is_written_now_and_then_and_gone_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, *[ticks()] * 12, signals(TERM))
    bench.run(monkeypatch)
    assert sorted({said.tick for said in bench.pulses}) == [1, 6, 11]
    last = bench.pulses[-1]
    assert (last.recording, last.collectors, last.interval) == ("recording", {"cpu": "ok"}, 1.0)
    assert not bench.health.exists()


def test_a_change_of_recording_is_in_the_health_file_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = Recording(RecordingState.PAUSED, "disk full")
    bench = Bench(tmp_path, ticks(), ticks(), records(paused), signals(TERM))
    bench.run(monkeypatch)
    assert (bench.pulses[-1].tick, bench.pulses[-1].reason) == (3, "disk full")


def test_a_health_file_that_cannot_be_written_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    bench = Bench(tmp_path / "gone", *[ticks()] * 3, signals(TERM))
    bench.run(monkeypatch)
    assert said()[1:] == [
        f"warning problem {bench.health} cannot be written: No such file or directory"
    ]


def test_where_another_records_it_ends_and_says_who(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, records(VIEWER))
    with pytest.raises(SysmonError, match=r"pid 7 records this machine.*--wait"):
        bench.run(monkeypatch)
    assert bench.done == ["start", "stop"]
    assert "READY=1" not in bench.words.told


@pytest.mark.parametrize(
    ("pid", "age", "left"),
    [(7, 1.0, True), (7, 60.0, False), (os.getpid(), 1.0, False)],
    ids=["a recorder", "a dead one", "ourselves"],
)
def test_it_may_stand_by_and_leaves_a_recorders_health_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said, pid: int, age: float, left: bool
) -> None:
    bench = Bench(
        tmp_path, records(VIEWER), ticks(), records(RECORDING), ticks(), signals(TERM), wait=True
    )
    moment = bench.clock.mono() - age
    other = Pulse(
        version="other",
        pid=pid,
        tick=1,
        wall=bench.clock.wall() - age,
        mono=moment,
        interval=1.0,
        recording="recording",
    )
    pulse.write(bench.health, other)
    bench.run(monkeypatch)
    assert (bench.pulses[0] == other) is left
    assert bench.pulses[-1].recording == "recording"
    assert bench.pulses[-1].pid == os.getpid()
    assert said() == ["info standing by pid 7 records this machine", "info recording"]
    assert not bench.health.exists()


def test_where_a_screen_records_the_one_that_stands_by_tells_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path, records(VIEWER), ticks(), signals(TERM), wait=True)
    bench.run(monkeypatch)
    assert bench.pulses[-1].recording == "viewer"


def test_at_the_end_it_leaves_what_another_has_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken_over(bench: Bench) -> None:
        pulse.write(bench.health, replace(bench.pulses[-1], pid=7))
        bench.service.signal(TERM)

    bench = Bench(tmp_path, ticks(), ticks(), taken_over)
    bench.run(monkeypatch)
    assert pulse.read(bench.health).pid == 7


def test_the_watchdog_is_fed_while_the_engine_beats(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(bench: Bench) -> None:
        assert bench.words.told.count("WATCHDOG=1") == 2
        bench.words.told.clear()
        bench.clock.advance(60.0)

    monkeypatch.setattr(pulse, "EVERY", 0.0)
    bench = Bench(tmp_path, ticks(), ticks(), hangs, signals(TERM), watchdog=30.0)
    bench.service._pause = lambda: 0.0  # type: ignore[method-assign] # no waiting in a test
    bench.run(monkeypatch)
    assert bench.words.told == []


def test_it_looks_in_time_for_the_watchdog(tmp_path: Path) -> None:
    assert Bench(tmp_path, watchdog=4.0).service._pause() == 2.0
    assert Bench(tmp_path).service._pause() == pulse.EVERY


def test_a_log_that_nobody_reads_keeps_a_bounded_number_of_events(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for number in range(3):
        bench.service._take(
            Tick(number=number, wall=0.0, mono=0.0, events=(event("firing"),) * service.NEWS)
        )
    assert len(bench.service._news) == service.NEWS
    assert bench.service._inbox.qsize() == 1

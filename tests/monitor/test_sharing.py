"""Several programs over one state directory: what one person says, every screen shows."""

from __future__ import annotations

import os
from pathlib import Path

from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.model.alert import Alert, AlertEvent
from sysmon_tui.model.sample import HostFacts
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import create_lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.storage import open_ledger, open_store
from tests.clock import ManualClock
from tests.monitor.fakes import BUSY, FakeCpu
from tests.scene import HOST

ANN, BOB = clean("ann"), clean("bob")


class Program:
    """A monitor whose threads are the test's: `beat` and `drain` by hand."""

    def __init__(self, state: Path, clock: ManualClock, host: HostFacts = HOST) -> None:
        self.clock = clock
        self.writer = Writer(
            lambda: open_store("sqlite:", state=state, retention=3600.0, quota=1 << 24),
            open_ledger("sqlite:", state=state),
            clock=clock,
        )
        alerts = AlertEngine((BUSY,), self.writer.ledger, record=self.writer.record)
        lane = create_lane(FakeCpu(busy=0.95), 1.0)
        engine = Engine([lane], alerts, clock, keep=self.writer.put)
        self.monitor = Monitor(engine, self.writer, clock, host, interval=1.0)
        self.events: list[AlertEvent] = []

    def beat(self) -> Alert | None:
        tick = self.monitor.beat()
        self.writer.drain()
        self.events += tick.events
        return tick.alerts[0] if tick.alerts else None


def programs(state: Path, number: int) -> list[Program]:
    clock = ManualClock()
    made = [Program(state, clock) for _ in range(number)]
    for _ in range(3):
        for one in made:
            one.beat()
        clock.advance(1.0)
    return made


def holder(program: Program) -> str:
    alert = program.beat()
    assert alert is not None
    return alert.ack.by if alert.ack is not None else ""


def fingerprint(program: Program) -> str:
    alert = program.beat()
    assert alert is not None
    return alert.fingerprint


def test_an_acknowledgement_is_on_every_screen_with_the_next_beat(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    one.monitor.acknowledge([fingerprint(one)], ANN, clean("mine"))
    one.writer.drain()
    two.writer.drain()
    assert holder(two) == holder(one) == "ann"
    two.monitor.unacknowledge([fingerprint(two)], BOB)
    two.writer.drain()
    one.writer.drain()
    assert holder(one) == holder(two) == ""


def test_two_who_acknowledge_at_once_end_up_with_the_same(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    name = fingerprint(one)
    one.monitor.acknowledge([name], ANN)
    one.clock.advance(0.1)
    two.monitor.acknowledge([name], BOB)
    for _ in range(2):
        one.writer.drain()
        two.writer.drain()
    assert holder(one) == holder(two) != ""


def test_an_own_act_does_not_flicker(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    name = fingerprint(one)
    two.monitor.unacknowledge([name], BOB)
    two.writer.ledger.record(
        [AlertEvent(one.clock.wall(), "noted", alert, BOB) for alert in two.writer.ledger.load()]
    )
    one.monitor.acknowledge([name], ANN)
    # The ledger has news, but from before our act: the writer has not got to it yet.
    one.writer._listen()
    assert holder(one) == "ann"
    assert holder(one) == "ann"


def test_a_silence_made_in_one_mutes_the_other(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    matchers = (Matcher("alertname", MatchOp.EQUAL, BUSY.name),)
    now = one.clock.wall()
    one.monitor.silence(Silence(id="s", matchers=matchers, by=ANN, at=now, until=now + 60.0))
    for program in (one, two):
        program.writer.drain()
        alert = program.beat()
        assert alert is not None
        assert alert.muted.startswith("silenced until")
        assert [silence.id for silence in program.monitor.beat().silences] == ["s"]


def test_notes_and_shelves_travel(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    name = fingerprint(one)
    one.monitor.annotate([name], ANN, clean("look at sda"))
    one.monitor.shelve([name], ANN, one.clock.wall() + 600.0)
    one.writer.drain()
    two.writer.drain()
    alert = two.beat()
    assert alert is not None
    assert alert.ack is not None
    assert alert.ack.note == "look at sda"
    assert alert.muted.startswith("shelved until")
    two.monitor.unshelve([name], BOB)
    two.writer.drain()
    one.writer.drain()
    alert = one.beat()
    assert alert is not None
    assert not alert.muted


def test_only_the_one_that_records_notifies(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    assert one.writer.judges()
    assert not two.writer.judges()


def test_who_joins_sees_what_was_recorded_before_and_writes_none_of_it_again(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    one = Program(tmp_path, clock)
    for _ in range(15):
        one.beat()
        clock.advance(1.0)
    two = Program(tmp_path, clock)
    two.beat()
    assert len(list(two.monitor.history(60.0, 1.0))) == 11
    assert two.monitor.recorder == f"pid {os.getpid()}"
    for _ in range(5):
        one.beat()
        two.beat()
        clock.advance(1.0)
    one.writer.stop(1.0)
    for _ in range(10):
        two.beat()
        clock.advance(1.0)
    assert two.monitor.recorder == ""
    two.writer.stop(1.0)
    three = Program(tmp_path, clock)
    three.writer.drain()
    walls = [tick.wall for tick in three.monitor.history(60.0, 1.0)]
    assert walls == sorted(set(walls))
    assert len(walls) == 30
    three.writer.stop(1.0)


def test_a_quiet_ledger_is_not_read_again(tmp_path: Path) -> None:
    (one,) = programs(tmp_path, 1)
    one.beat()
    heard: list[object] = []
    one.writer.heard = heard.append
    one.writer.drain()
    one.writer.drain()
    assert heard == []
    one.writer.ledger.keep_silence(
        Silence(id="x", matchers=(Matcher("a", MatchOp.EQUAL, "b"),), by=ANN, at=0.0, until=9e9)
    )
    one.writer.drain()
    one.writer.drain()
    assert len(heard) == 1

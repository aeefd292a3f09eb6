"""A moment out of the store is the tick that was live then."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sysmon_tui.alerts import acts
from sysmon_tui.model.alert import State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessRow, ProcessTable
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import create_lane
from sysmon_tui.monitor.lookback import Lookback
from sysmon_tui.processors.registry import derive
from sysmon_tui.storage.memory import MemoryLedger, MemoryStore
from tests.clock import ManualClock
from tests.monitor.fakes import FakeCpu, alert_engine

BUSY = labels(mode="busy")


class Life:
    """An engine that beats once a second and records into memory."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(3600.0, 1 << 24, derive)
        self.ledger = MemoryLedger()
        self.cpu = FakeCpu()
        alerts = alert_engine(ledger=self.ledger)  # type: ignore[arg-type]
        self.engine = Engine([create_lane(self.cpu)], alerts, self.clock, keep=self.store.append)
        self.back = Lookback(
            lambda: self.store,
            self.ledger,
            interval=1.0,
            charted=frozenset({"cpu"}),
            rules=alerts.rules,
        )
        self.lived: list[Tick] = []

    def beats(self, number: int, busy: float = 0.5) -> None:
        self.cpu.busy = busy
        for _ in range(number):
            self.lived.append(self.engine.beat())
            self.clock.advance(1.0)


@pytest.fixture
def life() -> Life:
    return Life()


def test_the_figures_of_a_moment_are_those_that_were_live(life: Life) -> None:
    life.beats(5)
    life.beats(5, busy=0.9)
    for was in life.lived[1:]:
        then = life.back.tick(was.wall)
        assert then.wall == was.wall
        assert then.mono == was.mono
        for name in ("sysmon_cpu_ratio", "sysmon_cpu_core_ratio", "node_cpu_seconds_total"):
            assert then.family(name) == was.family(name)


def test_between_two_beats_the_last_one_stands(life: Life) -> None:
    life.beats(3)
    assert life.back.tick(life.lived[-1].wall + 0.9).family("sysmon_cpu_ratio")


def test_a_hole_is_a_hole(life: Life) -> None:
    life.beats(3)
    life.clock.advance(60.0)
    life.beats(1)
    then = life.back.tick(life.lived[2].wall + 30.0)
    assert not then.families
    assert then.collectors[0].status is Status.STALE
    assert not life.back.tick(life.lived[0].wall - 10.0).families


def test_after_a_hole_figures_are_fresh_for_a_few_beats_only(life: Life) -> None:
    life.beats(3)
    life.clock.advance(200.0)
    life.beats(1)
    at = life.lived[-1].wall
    assert life.back.tick(at + 4.0).families
    assert not life.back.tick(at + 20.0).families


def test_the_first_figures_of_a_slow_collector_stand_until_its_next() -> None:
    """Nothing recorded tells yet how often it is read."""
    store = MemoryStore(3600.0, 1 << 24, derive)
    slow = {"node_filesystem_avail_bytes": {labels(mountpoint="/"): 1.0}}
    store.append([Batch(collector="filesystem", wall=1000.0, mono=1000.0, families=slow)])
    back = Lookback(
        lambda: store,
        MemoryLedger(),
        interval=1.0,
        intervals={"filesystem": 30.0},
        charted=frozenset(),
    )
    assert back.tick(1030.0).family("node_filesystem_avail_bytes")
    assert not back.tick(1200.0).families


def test_alerts_are_those_of_the_moment(life: Life) -> None:
    life.beats(3)
    life.beats(5, busy=0.95)
    taken = life.lived[-1].alerts[0]
    life.engine.act(
        lambda alerts, now: alerts.act(
            [taken.fingerprint], acts.acknowledge(clean("mira"), now, clean(""))
        )
    )
    life.beats(3, busy=0.95)
    life.beats(3, busy=0.1)
    for was in life.lived:
        then = life.back.tick(was.wall)
        assert [(a.fingerprint, a.state, a.ack) for a in then.alerts] == [
            (a.fingerprint, a.state, a.ack) for a in was.alerts
        ]
    assert life.lived[-1].alerts[0].state is State.RESOLVED
    assert not life.back.tick(life.lived[-1].wall + 1000.0).alerts


def test_their_figures_are_those_of_the_moment(life: Life) -> None:
    for busy in (0.1, 0.95, 0.96, 0.97, 0.98, 0.94):
        life.beats(2, busy)
    firing = [was for was in life.lived if was.alerts]
    assert len({was.alerts[0].value for was in firing}) > 3
    for was in firing:
        (then,) = life.back.tick(was.wall).alerts
        assert then.value == pytest.approx(was.alerts[0].value)
        assert then.summary == was.alerts[0].summary


def test_what_a_collector_could_not_read_is_told(life: Life) -> None:
    life.beats(2)
    at = life.clock.wall()
    failed = Batch(collector="cpu", wall=at, mono=at, status=Status.DENIED, note="not allowed")
    life.store.append([failed])
    state = life.back.tick(at).collectors[0]
    assert (state.status, state.note) == (Status.DENIED, "not allowed")
    assert life.back.tick(at).families


def test_the_processes_of_a_moment(life: Life) -> None:
    row = ProcessRow(7, 1.0, 1, 0, clean("hog"), "R", 1.0, 5.0, 1 << 20, 1, 0, False)
    table = ProcessTable(rows=(row,))
    at = life.clock.wall()
    life.store.append([Batch(collector="process", wall=at, mono=1.0, processes=table)])
    assert life.back.tick(at + 4.0).processes.rows == (row,)
    assert not life.back.tick(at + 30.0).processes.rows


def test_ticks_of_a_range_begin_with_what_stood_before(life: Life) -> None:
    life.beats(20)
    begin = life.lived[10].wall
    ticks = list(life.back.ticks(begin, begin + 5.0, 1.0, {"sysmon_cpu_ratio"}))
    assert [tick.wall for tick in ticks] == [begin + n for n in range(5)]
    assert all(tick.value("sysmon_cpu_ratio", BUSY) == 0.5 for tick in ticks)


def test_nothing_is_known_without_a_store() -> None:
    back = Lookback(lambda: None, MemoryLedger(), interval=1.0, charted=frozenset())
    assert not back.tick(100.0).families
    assert not list(back.ticks(0.0, 10.0, 1.0, {"sysmon_cpu_ratio"}))
    assert not back.series("node_load1", 0.0, 10.0, 5)


def test_series_come_from_the_store(life: Life) -> None:
    life.beats(20)
    begin = life.lived[0].wall
    found = life.back.series("sysmon_cpu_ratio", begin, begin + 20.0, 4)
    assert next(iter(found.values())).step == 5.0
    assert replace(life.back.tick(begin), number=3).number == 3

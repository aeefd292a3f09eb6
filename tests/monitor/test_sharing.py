"""Several programs over one state directory: what one person says, every screen shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sysmon_tui.alerts.engine import Engine as AlertEngine
from sysmon_tui.model.alert import Alert, AlertEvent, Severity, State
from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.rule import Level, Rule
from sysmon_tui.model.silence import Matcher, MatchOp, Silence
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import create_lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.security.lock import FileLock
from sysmon_tui.storage import open_ledger, open_store
from sysmon_tui.storage.sqlite import SqliteStore
from tests.clock import ManualClock
from tests.monitor.fakes import BUSY, FakeCpu
from tests.scene import HOST

ANN, BOB = clean("ann"), clean("bob")


class Watched(Monitor):
    """Keeps the events of every tick."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.told: list[AlertEvent] = []

    def _publish(self, tick: Tick) -> Tick:
        self.told += tick.events
        return super()._publish(tick)


class Program:
    """A monitor whose threads are the test's: `beat` and `drain` by hand."""

    def __init__(
        self, state: Path, clock: ManualClock, rules: Sequence[Rule] = (BUSY,), busy: float = 0.95
    ) -> None:
        self.clock = clock
        self.cpu = FakeCpu(busy=busy)
        self.writer = Writer(
            lambda: open_store("sqlite:", state=state, retention=3600.0, quota=1 << 24),
            open_ledger("sqlite:", state=state),
            clock=clock,
        )
        alerts = AlertEngine(rules, self.writer.ledger, record=self.writer.record)
        lane = create_lane(self.cpu, 1.0)
        engine = Engine([lane], alerts, clock, keep=self.writer.put)
        self.monitor = Watched(engine, self.writer, clock, HOST, interval=1.0)
        self._alerts = alerts

    def beat(self) -> Alert | None:
        tick = self.monitor.beat()
        self.writer.drain()
        return tick.alerts[0] if tick.alerts else None

    def beats(self, number: int) -> Alert | None:
        """So many, a second apart, after which the ledger is heard."""
        for _ in range(number):
            self.clock.advance(1.0)
            self.beat()
        self.writer.drain()
        return next(iter(self._alerts.alerts), None)

    def following(self) -> bool:
        return self._alerts.following

    @property
    def holder_now(self) -> str:
        """Without a beat or a look at the ledger."""
        (alert,) = self._alerts.alerts
        return alert.ack.by if alert.ack is not None else ""

    def killed(self) -> None:
        """Nothing is written any more, and the kernel lets go of the lock."""
        store = self.writer._store
        assert isinstance(store, SqliteStore)
        store._lock.release()


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


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_who_acknowledge_at_once_the_first_has_it(
    tmp_path: Path, order: tuple[int, int]
) -> None:
    both = programs(tmp_path, 2)
    one, two = both
    name = fingerprint(one)
    one.monitor.acknowledge([name], ANN)
    one.clock.advance(0.1)
    two.monitor.acknowledge([name], BOB)
    assert [program.holder_now for program in both] == ["ann", "bob"], "each sees the own at once"
    for _ in range(2):
        for index in order:
            both[index].writer.drain()
    assert holder(one) == holder(two) == "ann"
    history = one.writer.ledger.history(2)
    assert {event.actor for event in history if event.kind == "acknowledged"} == {"ann", "bob"}


def test_an_own_act_does_not_flicker(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    name = fingerprint(one)
    two.monitor.unacknowledge([name], BOB)
    two.writer.ledger.record(
        [AlertEvent(one.clock.wall(), "noted", alert, BOB) for alert in two.writer.ledger.load()]
    )
    one.monitor.acknowledge([name], ANN)
    # The ledger has news, but from before our act: the writer has not got to it yet.
    one.writer.scribe.listen(shares=one.writer.shares)
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
    assert len(list(two.monitor.history(60.0, 1.0, {"sysmon_cpu_ratio"}))) == 11
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
    walls = [tick.wall for tick in three.monitor.history(60.0, 1.0, {"sysmon_cpu_ratio"})]
    assert walls == sorted(set(walls))
    assert len(walls) == 30
    three.writer.stop(1.0)


def test_a_quiet_ledger_is_not_read_again(tmp_path: Path) -> None:
    (one,) = programs(tmp_path, 1)
    one.beat()
    heard: list[object] = []
    one.writer.scribe.heard = heard.append
    one.writer.drain()
    one.writer.drain()
    assert heard == []
    one.writer.ledger.keep_silence(
        Silence(id="x", matchers=(Matcher("a", MatchOp.EQUAL, "b"),), by=ANN, at=0.0, until=9e9)
    )
    one.writer.drain()
    one.writer.drain()
    assert len(heard) == 1


SLOW = replace(BUSY, levels=(Level(Severity.WARNING, 0.8, 0.7, hold=60.0),), keep_firing=30.0)


def test_a_follower_shows_what_the_recorder_judged(tmp_path: Path) -> None:
    clock = ManualClock()
    recorder = Program(tmp_path, clock, (SLOW,))
    recorder.beats(20)
    follower = Program(tmp_path, clock, (SLOW,), busy=0.85)
    alert = follower.beats(3)
    assert alert is not None
    (judged,) = recorder.writer.ledger.load()
    assert (alert.state, alert.since) == (State.PENDING, judged.since), "not since it looks"
    assert alert.value == pytest.approx(0.85), "the figure is its own and newest"
    assert alert.worst == pytest.approx(0.95)
    recorder.beats(60)
    alert = follower.beats(1)
    assert alert is not None
    assert alert.state is State.FIRING
    assert [event.kind for event in follower.monitor.told][-1] == "firing"
    recorder.cpu.busy = 0.1
    recorder.beats(32)
    alert = follower.beats(1)
    assert alert is not None
    assert alert.word == "unseen"
    kinds = [event.kind for event in recorder.writer.ledger.history(99)]
    assert kinds == ["resolved", "firing", "pending"], "one has written"


def test_a_follower_does_not_judge(tmp_path: Path) -> None:
    clock = ManualClock()
    Program(tmp_path, clock, busy=0.1).beats(3)
    follower = Program(tmp_path, clock, busy=0.95)
    assert follower.beats(5) is None
    assert follower.writer.ledger.load() == ()


def test_what_only_the_ledger_of_another_pack_knows_is_shown_as_well(tmp_path: Path) -> None:
    clock = ManualClock()
    Program(tmp_path, clock).beats(3)
    follower = Program(tmp_path, clock, ())
    alert = follower.beats(2)
    assert alert is not None
    assert (alert.rule, alert.state) == ("Busy", State.FIRING)
    follower.monitor.acknowledge([alert.fingerprint], ANN)
    follower.writer.drain()
    assert holder(follower) == "ann"


def test_a_killed_recorder_is_succeeded_with_everything_kept(tmp_path: Path) -> None:
    clock = ManualClock()
    recorder = Program(tmp_path, clock, (SLOW,))
    recorder.beats(30)
    follower = Program(tmp_path, clock, (SLOW,))
    follower.beats(3)
    (pending,) = recorder.writer.ledger.load()
    recorder.killed()
    alert = follower.beats(4)
    assert follower.writer.judges()
    assert not follower.writer.shares
    assert alert is not None
    assert (alert.state, alert.since) == (State.PENDING, pending.since)
    alert = follower.beats(int(60 - (clock.wall() - pending.since)))
    assert alert is not None
    assert (alert.state, alert.since) == (State.FIRING, pending.since), "the hold went on"
    follower.monitor.acknowledge([alert.fingerprint], ANN)
    follower.beats(2)
    third = Program(tmp_path, clock, (SLOW,))
    assert holder(third) == "ann"
    third.beats(2)
    follower.killed()
    alert = third.beats(10)
    assert alert is not None
    assert third.writer.judges()
    assert (alert.state, alert.fired_at is not None, alert.ack is not None) == (
        State.FIRING,
        True,
        True,
    )
    kinds = [event.kind for event in third.writer.ledger.history(99)]
    assert kinds == ["acknowledged", "firing", "pending"], "nothing began or ended with them"
    assert not any(event.notifies for event in third.monitor.told if event.kind != "firing")


def test_who_takes_over_calls_for_what_was_muted_until_then(tmp_path: Path) -> None:
    clock = ManualClock()
    recorder = Program(tmp_path, clock)
    matchers = (Matcher("alertname", MatchOp.EQUAL, BUSY.name),)
    now = clock.wall()
    recorder.monitor.silence(Silence(id="s", matchers=matchers, by=ANN, at=now, until=now + 10.0))
    recorder.writer.drain()
    recorder.beats(3)
    follower = Program(tmp_path, clock)
    follower.beats(5)
    assert follower.following()
    recorder.killed()
    clock.advance(20.0)
    follower.monitor.beat()
    assert follower.following(), "the silence ended while nobody judged"
    follower.beats(4)
    assert not follower.following()
    events = follower.writer.ledger.history(99)
    assert [(event.kind, event.notifies) for event in events] == [
        ("unmuted", True),
        ("firing", False),
    ]


def test_a_takeover_ends_what_no_rule_asks_for(tmp_path: Path) -> None:
    clock = ManualClock()
    recorder = Program(tmp_path, clock)
    recorder.beats(3)
    follower = Program(tmp_path, clock, (SLOW,))
    other = Program(tmp_path, clock, (replace(BUSY, name="Other"),))
    follower.beats(2)
    recorder.killed()
    other.beats(5)
    alert = follower.beats(2)
    assert alert is not None
    by_rule = {alert.rule: alert.word for alert in other.writer.ledger.load()}
    assert by_rule == {"Busy": "unseen", "Other": "firing"}
    tick = follower.monitor.beat()
    assert {alert.rule: alert.word for alert in tick.alerts} == by_rule


def test_what_was_taken_has_it_when_the_recorder_resolves_it_first(tmp_path: Path) -> None:
    one, two = programs(tmp_path, 2)
    name = fingerprint(two)
    one.cpu.busy = 0.1
    one.beats(2)
    two.monitor.acknowledge([name], BOB)
    two.writer.drain()
    for program in (one, two):
        alert = program.beats(1)
        assert alert is not None
        assert (alert.state, alert.word) == (State.RESOLVED, "resolved")
        assert holder(program) == "bob"


def test_without_a_ledger_to_read_everybody_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = programs(tmp_path, 2)
    two.beats(1)
    assert two.following()

    def broken() -> tuple[Alert, ...]:
        raise StoreError("alerts.sqlite is not readable")

    one.cpu.busy = two.cpu.busy = 0.1
    with monkeypatch.context() as patched:
        patched.setattr(two.writer.ledger, "load", broken)
        one.beats(2)
        two.beats(2)
        assert not two.following()
        alert = two.beats(2)
        assert alert is not None
        assert alert.state is State.RESOLVED
        assert two.monitor.notices[-1].startswith("Alerts are not kept: alerts.sqlite is not")
    two.beats(2)
    assert two.following()
    assert two.monitor.notices == ()


def test_a_ledger_that_takes_nothing_keeps_what_was_said_in_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = programs(tmp_path, 2)
    name = fingerprint(two)

    def full(_events: object) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(two.writer.ledger, "record", full)
        two.monitor.acknowledge([name], BOB)
        two.beats(2)
        one.cpu.busy = 0.1
        one.beats(3)
        alert = two.beats(2)
        assert alert is not None
        assert alert.state is State.RESOLVED, "the picture goes on"
        assert holder(two) == "bob"
        assert holder(one) == ""
    two.beats(20)
    one.writer.drain()
    assert holder(one) == holder(two) == "bob"


def test_where_nobody_may_write_everybody_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ManualClock()
    Program(tmp_path, clock, busy=0.1).beats(2)

    def refused(_lock: FileLock) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileLock, "acquire", refused)
    alone = Program(tmp_path, clock)
    alert = alone.beats(3)
    assert alert is not None
    assert alert.state is State.FIRING
    assert not alone.writer.judges(), "it tells nobody, as it cannot keep what it told"

"""The engine thread and its streams: newest wins, nothing about alerts is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from sysmon_tui.model.alert import AlertEvent
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.model.sample import Reading
from sysmon_tui.model.text import clean
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.actor import actor
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.mailbox import Mailbox
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.storage.memory import MemoryStore
from tests.clock import ManualClock
from tests.monitor.fakes import FakeCpu, FakeLedger, alert_engine
from tests.scene import HOST, alerts, tick

MIRA = clean("mira")


class FakeProcesses(FakeCpu):
    name = "process"

    def __init__(self) -> None:
        super().__init__()
        self.demand = ProcessDemand()

    def collect(self) -> Reading:
        return Reading()


class Rig:
    def __init__(self, *, interval: float = 1.0, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.ledger = FakeLedger()
        self.processes = FakeProcesses()
        self.store = MemoryStore(retention=3600.0, quota=1 << 20)
        self.writer = Writer(lambda: self.store, self.ledger, clock=self.clock)
        judge = alert_engine(ledger=self.ledger)
        lanes = [Lane(FakeCpu(busy=0.95)), Lane(self.processes)]
        engine = Engine(lanes, judge, self.clock, keep=self.writer.put)
        self.monitor = Monitor(
            engine,
            self.writer,
            self.clock,
            HOST,
            interval=interval,
            problems=("a setting is wrong",),
        )

    def beat(self) -> Tick:
        self.clock.advance(1.0)
        return self.monitor.beat()


def fire(rig: Rig) -> Tick:
    for _ in range(3):
        moment = rig.beat()
    assert moment.alerts
    return moment


async def test_every_stream_gets_the_tick() -> None:
    rig = Rig()
    one, two = rig.monitor.stream(), rig.monitor.stream()
    waiting = [asyncio.ensure_future(anext(stream)) for stream in (one, two)]
    await asyncio.sleep(0)
    moment = rig.beat()
    assert await asyncio.gather(*waiting) == [moment, moment]


async def test_a_slow_consumer_skips_to_the_newest_and_misses_no_event() -> None:
    mailbox = Mailbox(asyncio.get_running_loop())
    event = AlertEvent(1.0, "firing", alerts()[0])
    later = AlertEvent(2.0, "resolved", alerts()[1])
    mailbox.put(replace(tick(1), events=(event,)))
    mailbox.put(tick(2))
    mailbox.put(replace(tick(3), events=(later,)))
    taken = await mailbox.take()
    assert taken is not None
    assert taken.number == 3
    assert taken.events == (event, later)


async def test_a_stream_ends_with_the_monitor() -> None:
    rig = Rig()
    stream = rig.monitor.stream()
    waiting = asyncio.ensure_future(anext(stream, None))
    await asyncio.sleep(0)
    rig.monitor.stop()
    assert await waiting is None


def test_a_mailbox_of_a_loop_that_is_gone_is_harmless() -> None:
    loop = asyncio.new_event_loop()
    mailbox = Mailbox(loop)
    loop.close()
    mailbox.put(tick(1))


def test_an_acknowledgement_is_told_at_once() -> None:
    rig = Rig()
    moment = fire(rig)
    fingerprint = moment.alerts[0].fingerprint
    rig.monitor.acknowledge([fingerprint], MIRA)
    assert rig.beat().alerts[0].ack is not None
    rig.monitor.unacknowledge([fingerprint], MIRA)
    assert rig.beat().alerts[0].ack is None
    kinds = [event.kind for event in rig.ledger.events]
    assert kinds[-2:] == ["acknowledged", "unacknowledged"]


def test_demand_reaches_the_process_collector() -> None:
    rig = Rig()
    demand = ProcessDemand(visible=frozenset({7}))
    rig.monitor.demand(demand)
    assert rig.processes.demand is demand


def test_history_comes_back_as_ticks() -> None:
    rig = Rig()
    for _ in range(30):
        rig.beat()
    rig.writer.drain()
    metrics = {"sysmon_cpu_ratio"}
    ticks = list(rig.monitor.history(20.0, 1.0, metrics))
    assert len(ticks) == 20
    assert ticks[-1].value("sysmon_cpu_ratio", labels(mode="busy")) == pytest.approx(0.95)
    raw = {name for name in ticks[-1].families if name.startswith("node_")}
    assert raw == {"node_cpu_seconds_total"}
    assert [b.wall - a.wall for a, b in pairwise(ticks)] == [1.0] * 19
    assert len(list(rig.monitor.history(20.0, 5.0, metrics))) == pytest.approx(4, abs=1)


def test_problems_come_before_the_notices_of_recording() -> None:
    assert Rig().monitor.notices == ("a setting is wrong",)


@pytest.mark.parametrize(
    ("number", "late", "pause"), [(1, 0.0, 0.25), (2, 0.0, 1.0), (2, 0.4, 0.6), (2, 90.0, 1.0)]
)
def test_missed_beats_are_not_caught_up(number: int, late: float, pause: float) -> None:
    rig = Rig()
    for _ in range(number):
        rig.monitor.beat()
    due = rig.clock.mono()
    rig.clock.advance(late)
    following = rig.monitor._next(due)
    assert following - rig.clock.mono() == pytest.approx(pause)


def test_news_after_the_first_beat_do_not_put_off_the_second() -> None:
    rig = Rig()
    rig.monitor.beat()
    rig.monitor.acknowledge([], MIRA)
    due = rig.clock.mono()
    assert rig.monitor._next(due) - due == pytest.approx(0.25)


def test_what_is_heard_while_it_starts_is_the_engines_to_grant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig()
    granted: list[str] = []
    done = threading.Event()

    def wish(*_: object) -> Sequence[AlertEvent]:
        granted.append(threading.current_thread().name)
        done.set()
        return ()

    monkeypatch.setattr(rig.writer, "start", lambda: rig.monitor._wish(wish))
    rig.monitor.start()
    assert done.wait(10.0)
    rig.monitor.stop()
    assert granted == ["engine"]


async def test_the_engine_thread_beats_and_takes_wishes() -> None:
    rig = Rig(interval=0.01, clock=SystemClock())  # type: ignore[arg-type]
    rig.monitor.start()
    stream = rig.monitor.stream()
    while not (moment := await anext(stream)).alerts:
        pass
    rig.monitor.acknowledge([moment.alerts[0].fingerprint], MIRA)
    while (await anext(stream)).alerts[0].ack is None:
        pass
    rig.monitor.stop()
    rig.monitor.stop()


def test_what_is_asked_for_during_the_last_beat_is_done() -> None:
    rig = Rig(interval=0.01, clock=SystemClock())  # type: ignore[arg-type]
    monitor = rig.monitor

    def leave(tick: Tick) -> None:
        if tick.alerts and not monitor._stopping:
            monitor._stopping = True
            monitor.acknowledge([tick.alerts[0].fingerprint], MIRA)

    subscription = monitor.tick_bus.subscribe(leave)
    monitor.start()
    assert monitor._thread is not None
    monitor._thread.join()
    subscription.cancel()
    monitor.stop()
    assert rig.ledger.events[-1].kind == "acknowledged"


def test_actor() -> None:
    assert actor("mira", "") == "mira"
    assert actor("mira", "10.0.0.9") == "mira from 10.0.0.9"
    assert "\x1b" not in actor("\x1b[2J", "")

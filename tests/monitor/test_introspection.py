"""The monitor's own figures are those of its parts, recorded with the rest."""

from __future__ import annotations

from sysmon_tui.model.metric import labels
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.introspection import COST, DROPPED, LOCKED, QUEUED, Introspection
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.storage.memory import MemoryStore
from tests.clock import ManualClock
from tests.monitor.fakes import FakeCpu, FakeLedger, alert_engine


def test_cost_queue_and_losses_are_recorded() -> None:
    clock = ManualClock()
    store = MemoryStore(retention=3600.0, quota=1 << 20)
    writer = Writer(lambda: store, FakeLedger(), clock=clock, capacity=4)
    lanes = [Lane(FakeCpu())]
    own = Lane(Introspection(lanes, lambda: writer.queued, lambda: writer.dropped), 1.0)
    engine = Engine([*lanes, own], alert_engine(), clock, keep=writer.put)
    for _ in range(4):
        clock.advance(1.0)
        moment = engine.beat()
    assert moment.family(COST)[labels(collector="cpu")] == round(lanes[0].cost, 6) > 0.0
    assert moment.value(QUEUED) == 4.0
    assert moment.value(DROPPED) == writer.dropped - 2 == 2.0
    writer.drain()
    assert writer.queued == 0
    kept = list(store.read(0.0, clock.wall(), collectors=frozenset({"self"})))
    assert kept
    assert kept[-1].families[QUEUED] == {(): 4.0}


def test_locked_secrets_are_counted_where_receivers_need_any() -> None:
    assert LOCKED not in Introspection([], lambda: 0, lambda: 0).collect().families
    own = Introspection([], lambda: 0, lambda: 0, lambda: 2)
    assert own.collect().families[LOCKED] == {(): 2.0}

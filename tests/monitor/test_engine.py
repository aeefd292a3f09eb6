"""One beat at a time, with a clock set by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sysmon_tui.alerts.acts import acknowledge, unacknowledge
from sysmon_tui.model.alert import State
from sysmon_tui.model.errors import Unsupported
from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Batch, Status
from sysmon_tui.model.text import clean
from sysmon_tui.monitor.engine import LATE_INTERVALS, Engine
from sysmon_tui.monitor.lane import Lane
from tests.clock import ManualClock
from tests.monitor.fakes import CPU_SECONDS, FakeCpu, FakeLedger, alert_engine

BUSY = ("sysmon_cpu_ratio", labels(mode="busy"))


class Rig:
    def __init__(self, cpu: FakeCpu | None = None) -> None:
        self.cpu = cpu or FakeCpu()
        self.clock = ManualClock()
        self.kept: list[Batch] = []
        self.ledger = FakeLedger()
        self.engine = Engine(
            [Lane(self.cpu)], alert_engine(ledger=self.ledger), self.clock, keep=self._keep
        )

    def _keep(self, batches: Sequence[Batch]) -> None:
        self.kept += batches

    def beats(self, count: int, step: float = 1.0) -> list[float]:
        """Busy share after each of so many beats."""
        shares = []
        for _ in range(count):
            shares.append(self.engine.beat().value(*BUSY))
            self.clock.advance(step)
        return shares


def test_the_first_beat_has_raw_figures_the_second_rates() -> None:
    rig = Rig()
    first = rig.engine.beat()
    assert first.family(CPU_SECONDS)
    assert not first.family("sysmon_cpu_ratio")
    rig.clock.advance(1.0)
    second = rig.engine.beat()
    assert second.value(*BUSY) == pytest.approx(0.5)
    assert (first.number, second.number) == (1, 2)
    assert second.wall - first.wall == 1.0


def test_every_batch_goes_to_storage_raw() -> None:
    rig = Rig()
    rig.beats(3)
    assert [batch.collector for batch in rig.kept] == ["cpu"] * 3
    assert set(rig.kept[0].families) == {CPU_SECONDS}


def test_between_passes_the_last_figures_stay() -> None:
    rig = Rig()
    rig.beats(2)
    tick = rig.engine.beat()
    assert tick.batches != ()
    rig.clock.advance(0.1)
    tick = rig.engine.beat()
    assert tick.batches == ()
    assert tick.value(*BUSY) == pytest.approx(0.5)


def test_figures_that_are_too_old_are_dropped_and_the_delay_is_told() -> None:
    rig = Rig()
    rig.beats(2)
    rig.cpu.fails = OSError("broken")
    for _ in range(4):
        tick = rig.engine.beat()
        rig.clock.advance(1.0)
    assert tick.family("sysmon_cpu_ratio")
    late = [rig.engine.beat().value(LATE_INTERVALS, labels(collector="cpu"))]
    rig.clock.advance(600.0)
    tick = rig.engine.beat()
    assert not tick.family("sysmon_cpu_ratio")
    assert tick.collectors[0].status is Status.ERROR
    late.append(tick.value(LATE_INTERVALS, labels(collector="cpu")))
    assert late[1] > late[0] > 1.0


def test_what_a_machine_has_not_is_not_late() -> None:
    cpu = FakeCpu()
    cpu.fails = Unsupported("none here")
    tick = Rig(cpu).engine.beat()
    assert tick.family(LATE_INTERVALS) == {}


def test_alerts_ride_on_the_tick_and_go_to_the_ledger() -> None:
    rig = Rig(FakeCpu(busy=0.95))
    rig.beats(2)
    tick = rig.engine.beat()
    assert [alert.state for alert in tick.alerts] == [State.FIRING]
    assert rig.ledger.events


def test_acknowledging_shows_without_a_new_reading() -> None:
    rig = Rig(FakeCpu(busy=0.95))
    rig.beats(2)
    before = rig.engine.beat()
    fingerprint = before.alerts[0].fingerprint
    tick = rig.engine.act(
        lambda alerts, now: alerts.act([fingerprint], acknowledge(clean("mira"), now))
    )
    assert tick.alerts[0].ack is not None
    assert tick.alerts[0].ack.by == "mira"
    assert (tick.number, tick.batches) == (before.number + 1, ())
    assert [event.kind for event in tick.events] == ["acknowledged"]
    assert rig.engine.beat().alerts[0].ack is not None
    tick = rig.engine.act(
        lambda alerts, now: alerts.act([fingerprint], unacknowledge(clean("mira"), now))
    )
    assert tick.alerts[0].ack is None


def test_close_closes_the_collectors() -> None:
    rig = Rig()
    rig.engine.close()
    assert rig.cpu.closed

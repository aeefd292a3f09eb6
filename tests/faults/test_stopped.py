"""A program that was stopped for a while (SIGSTOP, a frozen container, a debugger): a gap, and then
as if nothing had been."""

from __future__ import annotations

import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from sysmon_tui.model.alert import State
from sysmon_tui.model.metric import labels
from sysmon_tui.model.sample import Reading
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import Lane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import Writer
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings
from sysmon_tui.storage import open_ledger, open_past
from sysmon_tui.storage.memory import MemoryStore
from tests.clock import ManualClock
from tests.integration.test_record import recorder, ticked, until
from tests.monitor.fakes import CPU_SECONDS, FakeCpu, FakeLedger, alert_engine
from tests.scene import HOST

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

CPU = frozenset({"cpu"})
STOPPED = 60.0
BUSY = 0.3
OURS = frozenset({"CollectorLate", "MonitorCpu", "MonitorMemory", "Rebooted", "UnitCrashLoop"})
"""Rules that would fire because of us; the others judge the machine that runs the test."""


class SteadyCpu(FakeCpu):
    """Counters of a machine that goes on while we are stopped."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__()
        self._clock = clock

    def collect(self) -> Reading:
        now = self._clock.mono()
        user, idle = labels(cpu="0", mode="user"), labels(cpu="0", mode="idle")
        return Reading({CPU_SECONDS: {user: BUSY * now, idle: (1.0 - BUSY) * now}})


def test_rates_have_no_spike_and_beats_are_not_caught_up() -> None:
    clock = ManualClock()
    writer = Writer(lambda: MemoryStore(retention=3600.0, quota=1 << 20), FakeLedger(), clock=clock)
    engine = Engine([Lane(SteadyCpu(clock))], alert_engine(), clock, keep=writer.put)
    monitor = Monitor(engine, writer, clock, HOST, interval=1.0)

    def ratios(beats: int) -> list[float]:
        found = []
        for _ in range(beats):
            clock.advance(1.0)
            found.append(monitor.beat().value("sysmon_cpu_ratio", labels(mode="user")))
        return found

    assert ratios(20)[1:] == [pytest.approx(BUSY)] * 19
    deadline = clock.mono() + 1.0
    clock.advance(STOPPED)
    assert monitor._next(deadline) == clock.mono() + 1.0, "of sixty beats, none is made up for"
    assert ratios(20) == [pytest.approx(BUSY)] * 20
    writer.drain()
    walls = [batch.wall for batch in writer.read(0.0, 1e12, collectors=CPU)]
    gaps = sorted(after - before for before, after in pairwise(walls))
    assert gaps[-2:] == [1.0, STOPPED + 1.0], "what nobody saw is a gap, and the only one"


def test_no_alert_comes_of_having_been_stopped(tmp_path: Path) -> None:
    """With every collector and the whole pack of rules: nothing counts as late or as frozen."""
    clock = ManualClock()
    settings = Settings(collection=Collection(disabled=("filesystem", "unit")))
    dirs = Dirs(config=tmp_path / "config", state=tmp_path / "state")
    monitor = assemble(settings, dirs, clock=clock)
    firing = [set[str](), set[str]()]
    for part, seconds in enumerate((0.0, STOPPED)):
        clock.advance(seconds)
        for _ in range(15):
            clock.advance(1.0)
            for alert in monitor.beat().alerts:
                if alert.state is State.FIRING:
                    firing[part].add(alert.rule)
            monitor.writer.drain()
    monitor.stop()
    assert not (firing[1] - firing[0]) & OURS
    assert monitor.writer.dropped == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_recorder_that_is_stopped_for_a_minute(tmp_path: Path) -> None:
    with recorder(tmp_path) as one:
        until(lambda: ticked(tmp_path))
        time.sleep(12.0)
        one.process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED)
        again = time.time()
        one.process.send_signal(signal.SIGCONT)
        time.sleep(15.0)
        assert one.ends(signal.SIGTERM) == 0
    state = tmp_path / "state"
    past = open_past("sqlite:", state=state)
    batches = list(past.read(0.0, 1e12, collectors=CPU))
    gaps = [after.mono - before.mono for before, after in pairwise(batches)]
    assert sum(gap > STOPPED - 2.0 for gap in gaps) == 1
    soon = [batch.wall for batch in batches if 0.0 <= batch.wall - again < 5.0]
    assert len(soon) <= 6, "a beat a second and no storm"
    ledger = open_ledger("sqlite:", state=state)
    fired = [event.alert.rule for event in ledger.history(99) if event.at >= again]
    assert not OURS.intersection(fired)

"""Clocks that are set and machines that sleep, through the whole monitor: no figure below zero,
no spike, no alert."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings
from tests.clock import ManualClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

OFF = ("process", "filesystem", "sensors", "cgroup", "unit", "clock")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def monitor(tmp_path: Path, clock: ManualClock) -> Iterator[Monitor]:
    dirs = Dirs(config=tmp_path / "config", state=tmp_path / "state")
    made = assemble(Settings(collection=Collection(disabled=OFF)), dirs, clock=clock)
    yield made
    made.stop()


def live(monitor: Monitor, clock: ManualClock, beats: int) -> list[str]:
    """Beat so often; the names of what was measured below zero."""
    wrong = []
    for _ in range(beats):
        clock.advance(1.0)
        moment = monitor.beat()
        wrong += [
            name
            for name, family in moment.families.items()
            if name.endswith(("_per_second", "_ratio"))
            for value in family.values()
            if value < 0.0
        ]
        monitor.writer.drain()
    return wrong


@pytest.mark.parametrize("step", [-3600.0, 86400.0, -86400.0 * 365, 0.5])
def test_a_clock_that_is_set(monitor: Monitor, clock: ManualClock, step: float) -> None:
    assert live(monitor, clock, 20) == []
    before = {alert.fingerprint for alert in monitor.beat().alerts}
    clock.step_wall(step)
    assert live(monitor, clock, 20) == []
    assert {alert.fingerprint for alert in monitor.beat().alerts} <= before
    batches = list(monitor.writer.read(0.0, 1e12, collectors=frozenset({"cpu"})))
    assert all(a.mono < b.mono for a, b in pairwise(sorted(batches, key=lambda one: one.mono)))
    # What came since the last flush, of ten seconds, is not in the store yet.
    assert len(batches) >= 30


@pytest.mark.parametrize("asleep", [60.0, 8 * 3600.0])
def test_a_machine_that_slept(monitor: Monitor, clock: ManualClock, asleep: float) -> None:
    """The wall clock goes on, the monotonic one does not, and nor do the kernel's counters."""
    assert live(monitor, clock, 20) == []
    before = {alert.fingerprint for alert in monitor.beat().alerts}
    clock.step_wall(asleep)
    assert live(monitor, clock, 5) == []
    for value in monitor.beat().family("sysmon_cpu_ratio").values():
        assert value <= 1.0
    assert {alert.fingerprint for alert in monitor.beat().alerts} <= before

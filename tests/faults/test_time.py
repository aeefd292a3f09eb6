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


class Twins:
    """One whose clock is set and one whose clock is not. What the machine does meanwhile, be it an
    OOM kill in another test, both see."""

    def __init__(self, place: Path) -> None:
        self.clock, self._right = ManualClock(), ManualClock()
        self.monitor = _monitor(place / "set", self.clock)
        self._other = _monitor(place / "right", self._right)

    def live(self, beats: int) -> list[str]:
        """Beat so often; the names of what was measured below zero."""
        wrong = []
        for _ in range(beats):
            self._right.advance(1.0)
            self._other.beat()
            self._other.writer.drain()
            self.clock.advance(1.0)
            moment = self.monitor.beat()
            wrong += [
                name
                for name, family in moment.families.items()
                if name.endswith(("_per_second", "_ratio"))
                for value in family.values()
                if value < 0.0
            ]
            self.monitor.writer.drain()
        return wrong

    def alerts_by_the_clock(self) -> set[str]:
        """Rules with alerts that the other one has not."""
        found = {alert.fingerprint: alert.rule for alert in self.monitor.beat().alerts}
        seen = {alert.fingerprint for alert in self._other.beat().alerts}
        return {rule for fingerprint, rule in found.items() if fingerprint not in seen}

    def stop(self) -> None:
        self.monitor.stop()
        self._other.stop()


def _monitor(place: Path, clock: ManualClock) -> Monitor:
    dirs = Dirs(config=place / "config", state=place / "state")
    return assemble(Settings(collection=Collection(disabled=OFF)), dirs, clock=clock)


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Twins]:
    made = Twins(tmp_path)
    yield made
    made.stop()


@pytest.mark.parametrize("step", [-3600.0, 86400.0, -86400.0 * 365, 0.5])
def test_a_clock_that_is_set(twins: Twins, step: float) -> None:
    assert twins.live(20) == []
    twins.clock.step_wall(step)
    assert twins.live(20) == []
    assert twins.alerts_by_the_clock() == set()
    batches = list(twins.monitor.writer.read(0.0, 1e12, collectors=frozenset({"cpu"})))
    assert all(a.mono < b.mono for a, b in pairwise(sorted(batches, key=lambda one: one.mono)))
    # What came since the last flush, of ten seconds, is not in the store yet.
    assert len(batches) >= 30


@pytest.mark.parametrize("asleep", [60.0, 8 * 3600.0])
def test_a_machine_that_slept(twins: Twins, asleep: float) -> None:
    """The wall clock goes on, the monotonic one does not, and nor do the kernel's counters."""
    assert twins.live(20) == []
    twins.clock.step_wall(asleep)
    assert twins.live(5) == []
    for value in twins.monitor.beat().family("sysmon_cpu_ratio").values():
        assert value <= 1.0
    assert twins.alerts_by_the_clock() == set()

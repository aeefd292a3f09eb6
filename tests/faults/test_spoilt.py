"""Files that rotted on the disk: the monitor starts, records, and shows nothing that was not."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from random import Random
from typing import TypeAlias

import pytest

from sysmon_tui.model.errors import StoreError
from sysmon_tui.model.metric import Families
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import RecordingState
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings
from tests.clock import ManualClock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

OFF = ("filesystem", "sensors", "cgroup", "unit", "netstat", "clock", "logfile")
READ = frozenset({"cpu", "memory", "pressure"})
ALWAYS = {"name": "Always", "metric": "node_load15", "warning": {"above": -1.0, "clear": -2.0}}
SETTINGS = Settings(collection=Collection(disabled=OFF), rules=(ALWAYS,))
PAGE = 4096
FILES = (("history.sqlite",), ("alerts.sqlite",), ("history.sqlite", "alerts.sqlite"))
SEEDS = [2, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])]
"""Images of each kind: 300 in the slow run."""

FLUSH, PAUSE = 11.0, 61.0
"""Seconds after which the next flush, and the next try of one that failed, is due."""

Spoil = Callable[[bytearray, Random], bytes]


def turn_bits(raw: bytearray, random: Random) -> bytes:
    for _ in range(random.choice((1, 3, 30))):
        raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return bytes(raw)


def overwrite(raw: bytearray, random: Random) -> bytes:
    at = random.randrange(len(raw) - 64)
    raw[at : at + 64] = random.randbytes(64)
    return bytes(raw)


def zero_page(raw: bytearray, random: Random) -> bytes:
    at = PAGE * random.randrange(len(raw) // PAGE)
    raw[at : at + PAGE] = bytes(PAGE)
    return bytes(raw)


def noise_page(raw: bytearray, random: Random) -> bytes:
    at = PAGE * random.randrange(len(raw) // PAGE)
    raw[at : at + PAGE] = random.randbytes(PAGE)
    return bytes(raw)


def truncate(raw: bytearray, random: Random) -> bytes:
    return bytes(raw[: random.randrange(1, len(raw))])


def replace_all(raw: bytearray, random: Random) -> bytes:
    """By nothing, or by as much of something else."""
    return random.choice((b"", random.randbytes(len(raw))))


SPOILERS = (turn_bits, overwrite, zero_page, noise_page, truncate, replace_all)


Known: TypeAlias = dict[tuple[str, float], Families]
"""What a history has, by collector and time."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Known]:
    """A state directory with ten minutes of history and an alert, and what its history is."""
    place = tmp_path_factory.mktemp("good")
    clock = ManualClock()
    monitor = monitor_of(place, clock)
    live(monitor, clock, 120, 5.0)
    monitor.stop()
    again = monitor_of(place, clock)
    live(again, clock, 1)
    known = recorded(again, inf)
    again.stop()
    assert len(known) == 3 * 121
    return place, known


def monitor_of(place: Path, clock: ManualClock) -> Monitor:
    return assemble(SETTINGS, Dirs(place / "config", place / "state"), clock=clock)


def live(monitor: Monitor, clock: ManualClock, beats: int, seconds: float = 1.0) -> None:
    for _ in range(beats):
        clock.advance(seconds)
        assert monitor.beat().family("node_cpu_seconds_total")
        monitor.writer.drain()


def recorded(monitor: Monitor, before: float) -> Known:
    return {
        (batch.collector, batch.wall): batch.families
        for batch in monitor.writer.read(0.0, before, collectors=READ)
    }


def look_back(monitor: Monitor, now: float) -> None:
    """As the screen does; damage that is met is an error of ours or a gap."""
    past = monitor.writer.past()
    assert past is not None
    past.moment(now - 300.0)
    past.known(now - 600.0, now)
    past.series("node_load1", now - 600.0, now, 60)
    for _ in past.processes(now - 600.0, now, step=60.0):
        pass


@pytest.mark.parametrize("spoil", SPOILERS)
@pytest.mark.parametrize("seeds", SEEDS)
def test_a_spoilt_file_is_survived(
    good: tuple[Path, Known],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    spoil: Spoil,
    seeds: int,
) -> None:
    place, known = good
    for seed in range(seeds):
        random = Random(seed)
        home = tmp_path / str(seed)
        shutil.copytree(place, home)
        for name in FILES[seed % len(FILES)]:
            path = home / "state" / name
            path.write_bytes(spoil(bytearray(path.read_bytes()), random))
        survive(home, known)
        shutil.rmtree(home)
    assert "Traceback" not in "".join(capfd.readouterr())


def survive(home: Path, known: Known) -> None:
    clock = ManualClock(wall=1_700_000_900.0, mono=5000.0)
    begun = clock.wall()
    monitor = monitor_of(home, clock)
    live(monitor, clock, 2, FLUSH)
    for _ in range(3):
        # Whatever looks meets the damage first; the next flush acts on it.
        try:
            look_back(monitor, clock.wall())
            recorded(monitor, inf)
        except StoreError:
            live(monitor, clock, 2, PAUSE)
    found = recorded(monitor, begun)
    assert all(known.get(key) == families for key, families in found.items())
    live(monitor, clock, 2, PAUSE)
    assert monitor.recording.state is RecordingState.RECORDING
    look_back(monitor, clock.wall())
    fresh = {wall for name, wall in recorded(monitor, inf) if name == "cpu" and wall > begun}
    assert max(fresh) == clock.wall()
    assert monitor.writer.dropped == 0
    assert not any("not kept" in notice for notice in monitor.notices), monitor.notices
    monitor.stop()
    # Alerts go on: one that was not read is judged anew, and kept.
    after = monitor_of(home, clock)
    assert "Always" in {alert.rule for alert in after.beat().alerts}
    after.stop()

"""A disk that fills, empties or may not be written to: the watch goes on, recording comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import RecordingState
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings
from tests.clock import ManualClock
from tests.integration.strain import tmpfs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts file systems")

CPU = frozenset({"cpu"})
OFF = ("process", "filesystem", "sensors", "cgroup", "unit", "netstat", "disk", "network")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with tmpfs(tmp_path / "disk", 8 << 20) as place:
            yield place
    except subprocess.CalledProcessError:
        pytest.skip("only root may mount")


def monitor_on(disk: Path, clock: ManualClock) -> Monitor:
    dirs = Dirs(config=disk.parent / "config", state=disk / "state")
    return assemble(Settings(collection=Collection(disabled=OFF)), dirs, clock=clock)


def live(monitor: Monitor, clock: ManualClock, seconds: int) -> None:
    for _ in range(seconds):
        clock.advance(1.0)
        assert monitor.beat().family("node_cpu_seconds_total")
    monitor.writer.drain()


def recorded(monitor: Monitor, clock: ManualClock) -> list[float]:
    return [batch.wall for batch in monitor.writer.read(0.0, clock.wall(), collectors=CPU)]


def state_of(monitor: Monitor) -> RecordingState:
    return monitor.recording.state


def fill(disk: Path) -> Path:
    path = disk / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return path


def test_a_full_disk_pauses_recording_which_resumes_by_itself(disk: Path) -> None:
    clock = ManualClock()
    monitor = monitor_on(disk, clock)
    live(monitor, clock, 30)
    assert state_of(monitor) is RecordingState.RECORDING
    filler = fill(disk)
    for _ in range(20):
        live(monitor, clock, 15)
    assert state_of(monitor) is RecordingState.PAUSED
    assert any("Recording is paused" in notice for notice in monitor.notices)
    filler.unlink()
    # The longest pause between two tries is a minute.
    for _ in range(5):
        live(monitor, clock, 15)
    assert state_of(monitor) is RecordingState.RECORDING
    assert not [notice for notice in monitor.notices if "paused" in notice]
    monitor.stop()
    again = monitor_on(disk, clock)
    live(again, clock, 1)
    seconds = {round(wall) for wall in recorded(again, clock)}
    # Five minutes without room are held in memory: not one second is missing.
    assert len(seconds) >= 30 + 300 + 75
    again.stop()


def test_a_file_system_that_turns_read_only_leaves_the_past_to_be_read(disk: Path) -> None:
    clock = ManualClock()
    monitor = monitor_on(disk, clock)
    live(monitor, clock, 30)
    monitor.stop()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        again = monitor_on(disk, clock)
        live(again, clock, 30)
        assert state_of(again) is not RecordingState.RECORDING
        assert again.notices
        assert len(recorded(again, clock)) >= 30
        again.stop()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)

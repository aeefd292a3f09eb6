"""A disk that fills, empties or may not be written to: the watch goes on, recording comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import RecordingState
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings, Storage
from sysmon_tui.storage import room
from tests.clock import ManualClock
from tests.integration.strain import tmpfs
from tests.storage.batches import WALL
from tests.storage.history_file import everything, noise, open_one, query

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts file systems")

CPU = frozenset({"cpu"})
MIB = 1 << 20
OFF = ("process", "filesystem", "sensors", "cgroup", "unit", "netstat", "disk", "network")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with tmpfs(tmp_path / "disk", 8 << 20) as place:
            yield place
    except subprocess.CalledProcessError:
        pytest.skip("only root may mount")


def monitor_on(disk: Path, clock: ManualClock, quota_mib: int = 256) -> Monitor:
    dirs = Dirs(config=disk.parent / "config", state=disk / "state")
    settings = Settings(collection=Collection(disabled=OFF), storage=Storage(quota_mib=quota_mib))
    return assemble(settings, dirs, clock=clock)


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
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    return path


def whole(monitor: Monitor, disk: Path, clock: ManualClock) -> set[int]:
    """End it, examine what it left, and give the seconds that the next one finds recorded."""
    monitor.stop()
    for name in ("history.sqlite", "alerts.sqlite"):
        if (disk / "state" / name).exists():
            assert query(disk / "state" / name, "PRAGMA integrity_check") == [("ok",)]
    again = monitor_on(disk, clock)
    live(again, clock, 1)
    seconds = {round(wall) for wall in recorded(again, clock)}
    again.stop()
    return seconds


def test_a_full_disk_pauses_recording_which_resumes_within_half_a_minute(disk: Path) -> None:
    """Ten minutes without room are held in memory: not one second is missing afterwards."""
    clock = ManualClock()
    monitor = monitor_on(disk, clock)
    live(monitor, clock, 30)
    assert state_of(monitor) is RecordingState.RECORDING
    filler = fill(disk)
    for _ in range(40):
        live(monitor, clock, 15)
    assert state_of(monitor) is RecordingState.PAUSED
    assert any("Recording is paused" in notice for notice in monitor.notices)
    filler.unlink()
    for _ in range(6):
        live(monitor, clock, 5)
    assert state_of(monitor) is RecordingState.RECORDING
    assert not [notice for notice in monitor.notices if "paused" in notice]
    assert monitor.writer.dropped == 0
    assert len(whole(monitor, disk, clock)) >= 30 + 600 + 30


@pytest.fixture
def larger(tmp_path: Path) -> Iterator[Path]:
    try:
        with tmpfs(tmp_path / "disk", 24 << 20) as place:
            yield place
    except subprocess.CalledProcessError:
        pytest.skip("only root may mount")


def test_on_a_full_disk_recording_goes_on_from_its_reserve(larger: Path) -> None:
    clock = ManualClock()
    monitor = monitor_on(larger, clock, quota_mib=16)
    reserve = larger / "state" / "history.sqlite.reserve"
    live(monitor, clock, 30)
    assert reserve.stat().st_blocks * 512 >= 16 * MIB // 32
    filler = fill(larger)
    live(monitor, clock, 60)
    for _ in range(20):
        live(monitor, clock, 15)
        assert state_of(monitor) is RecordingState.RECORDING, monitor.notices
    assert [notice for notice in monitor.notices if "oldest history makes room" in notice]
    assert not reserve.exists()
    filler.unlink()
    live(monitor, clock, 15)
    assert not monitor.notices
    assert reserve.exists()
    assert len(whole(monitor, larger, clock)) >= 30 + 360


def test_a_disk_that_is_filled_again_and_again_leaves_history_whole(larger: Path) -> None:
    """Whoever fills it takes the reserve too: memory holds what is new."""
    clock = ManualClock()
    monitor = monitor_on(larger, clock, quota_mib=16)
    live(monitor, clock, 120)
    for _ in range(20):
        filler = fill(larger)
        live(monitor, clock, 15)
    filler.unlink()
    for _ in range(6):
        live(monitor, clock, 5)
    assert state_of(monitor) is RecordingState.RECORDING
    assert monitor.writer.dropped == 0
    assert len(whole(monitor, larger, clock)) >= 120 + 300 + 30


def test_on_a_full_disk_a_long_history_gives_up_its_oldest(
    larger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where whoever fills the disk takes the reserve."""
    monkeypatch.setattr(room, "WORTH_KEEPING", MIB // 2)
    path = larger / "history.sqlite"
    store = open_one(path, quota=20 * MIB)
    random = Random(1)
    begin = 0
    while path.stat().st_size < MIB:
        store.append(noise(300, begin, random))
        store.flush()
        begin += 300
    fill(larger)
    for _ in range(20):
        store.append(noise(60, begin, random))
        store.flush()
        begin += 60
        fill(larger)
    assert "oldest history makes room" in store.notice
    found = [item.wall - WALL for item in everything(store)]
    assert found == [found[0] + n for n in range(len(found))]
    assert (found[0] > 0, found[-1]) == (True, begin - 1)
    assert len(found) > 1500
    store.close()
    assert query(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_start_on_a_full_disk_uses_the_reserve_of_the_run_before(larger: Path) -> None:
    clock = ManualClock()
    monitor = monitor_on(larger, clock, quota_mib=16)
    live(monitor, clock, 60)
    monitor.stop()
    filler = fill(larger)
    again = monitor_on(larger, clock, quota_mib=16)
    for _ in range(4):
        live(again, clock, 15)
        assert state_of(again) is RecordingState.RECORDING
    filler.unlink()
    assert len(whole(again, larger, clock)) >= 120


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

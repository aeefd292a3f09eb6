"""Days pass in seconds: memory, descriptors, threads and the disk stay what they were."""

from __future__ import annotations

import gc
import os
import sys
import threading
from pathlib import Path

import pytest

from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings, Storage
from tests.clock import ManualClock

DAY = 86400
QUOTA_MIB = 4
GROWTH_MIB = 8.0
"""Beyond the first day, in which whatever is made once is made."""
OFF = ("process", "filesystem", "sensors", "cgroup", "unit")
"""What has threads, helpers or the noise of other programs; each has its own test of that."""


@pytest.mark.skipif(sys.platform != "linux", reason="counts descriptors in /proc")
@pytest.mark.parametrize(
    ("days", "beat"),
    [(2, 600), pytest.param(30, 300, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])],
)
def test_days_of_recording_are_flat(tmp_path: Path, days: int, beat: int) -> None:
    clock = ManualClock()
    settings = Settings(
        collection=Collection(interval=float(beat), disabled=OFF),
        storage=Storage(retention_hours=24.0, quota_mib=QUOTA_MIB),
    )
    dirs = Dirs(config=tmp_path / "config", state=tmp_path / "state")
    monitor = assemble(settings, dirs, clock=clock)
    levels = []
    for _ in range(days):
        for _ in range(DAY // beat):
            clock.advance(float(beat))
            monitor.beat()
            monitor.writer.drain()
        settle()
        gc.collect()
        levels.append(
            (
                sys.getallocatedblocks(),
                len(os.listdir("/proc/self/fd")),
                threading.active_count(),
                resident(),
                size(dirs.state),
            )
        )
    monitor.stop()
    # The first day fills what is bounded by a day.
    blocks, descriptors, threads, memory, disk = zip(*levels, strict=True)
    print(f"blocks {blocks}, MiB resident {memory}, bytes on disk {disk}")  # noqa: T201 (figures)
    assert blocks[-1] <= 1.1 * blocks[0]
    assert memory[-1] - memory[0] <= GROWTH_MIB
    assert max(disk) <= QUOTA_MIB << 20
    assert max(descriptors) - min(descriptors) <= 2
    assert len(set(threads)) == 1
    assert monitor.writer.dropped == 0


def settle() -> None:
    """What is usual is learnt beside the beats; a day that takes seconds may be over before it."""
    for thread in threading.enumerate():
        if thread.name == "baseline":
            thread.join(60.0)


def resident() -> float:
    """MiB of this process (proc_pid_statm(5))."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGESIZE") / (1 << 20), 1)


def size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())

"""Hundreds of processes a second that come and go while they are read: rows drop, no words."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.model.sample import Status
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Collection, Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

RATE = 500
LONGEST = 60.0
"""Seconds in which even a pass now and then meets some."""
STORM = """
import os, sys, time
rate = int(sys.argv[1])
begun, made, children = time.monotonic(), 0, []
print("ready", flush=True)
while True:
    due = int((time.monotonic() - begun) * rate)
    while made < due:
        made += 1
        pid = os.fork()
        if not pid:
            # Some live on for a moment, so that a pass meets them and finds them gone.
            time.sleep((made % 10) * 0.005)
            os._exit(0)
        children.append(pid)
    while children and os.waitpid(-1, os.WNOHANG)[0]:
        children.pop()
    time.sleep(0.002)
"""
OFF = ("filesystem", "sensors", "cgroup", "unit", "netstat", "disk", "network", "clock")


@pytest.fixture
def storm() -> Iterator[int]:
    """A process that begins so many a second; its pid."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", STORM, str(RATE)], stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield process.pid
        finally:
            process.kill()


def forks() -> int:
    text = Path("/proc/stat").read_text()
    return int(text.split("\nprocesses ")[1].split()[0])


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [
        (2.0, 0.05),
        pytest.param(600.0, 0.5, marks=[pytest.mark.slow, pytest.mark.timeout(900)]),
    ],
)
def test_processes_that_vanish_are_no_news(
    tmp_path: Path, storm: int, seconds: float, pace: float
) -> None:
    dirs = Dirs(config=tmp_path / "config", state=tmp_path / "state")
    monitor = assemble(Settings(collection=Collection(interval=0.1, disabled=OFF)), dirs)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    began, before, passes, met = time.monotonic(), forks(), 0, set[int]()
    # On a busy machine passes are few, and there are few to be met in one.
    while (lasted := time.monotonic() - began) < seconds or (len(met) <= 10 and lasted < LONGEST):
        tick = monitor.beat()
        monitor.writer.drain()
        passes += any(batch.collector == "process" for batch in tick.batches)
        children = [row for row in tick.processes.rows if row.ppid == storm]
        met |= {row.pid for row in children}
        # Whoever is on the screen is looked at in full, down to the one whose pane is open.
        inspect = children[-1].key if children else None
        seen = frozenset(row.pid for row in tick.processes.rows[-40:])
        monitor.demand(ProcessDemand(visible=seen, inspect=inspect, every_command=True))
        (state,) = [one for one in tick.collectors if one.name == "process"]
        assert (state.status, state.note) == (Status.OK, "")
        assert monitor.notices == ()
        time.sleep(pace)
    rate = (forks() - before) / (time.monotonic() - began)
    print(f"{rate:.0f} forks/s, {passes} passes, {len(met)} children met")  # noqa: T201
    assert len(met) > 10
    assert rate > RATE / 10, "a busy machine forks less, but a storm it is"
    open_now = len(list(Path("/proc/self/fd").iterdir()))
    rows = len(tick.processes.rows)
    assert open_now - descriptors <= rows + 40
    monitor.stop()

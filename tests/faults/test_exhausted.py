"""No descriptors, no threads, no memory: a collector misses its turn and says so, the others and
the log go on, and it is back with its next turn."""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from sysmon_tui.cli.logs import Lines, as_text
from sysmon_tui.model.sample import Status
from sysmon_tui.model.tick import Tick
from sysmon_tui.monitor.assemble import assemble
from sysmon_tui.monitor.lane import SHORT, BlockingLane
from sysmon_tui.monitor.monitor import Monitor
from sysmon_tui.monitor.writer import RecordingState
from sysmon_tui.settings.dirs import Dirs
from sysmon_tui.settings.schema import Settings
from sysmon_tui.storage import open_past
from tests.clock import ManualClock
from tests.faults.control_group import control_group
from tests.integration.test_record import Recorder, ticked, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

LONGEST = 30.0
"""Seconds: the interval of the slowest collector."""
COMMON = frozenset({"cpu", "memory", "process"})
BROKEN = frozenset({Status.ERROR, Status.TIMEOUT})


def answered(lane: BlockingLane) -> bool:
    return lane._asked is None or lane._done is not None


class Rig:
    def __init__(self, place: Path) -> None:
        self.clock = ManualClock()
        dirs = Dirs(config=place / "config", state=place / "state")
        self.monitor: Monitor = assemble(Settings(), dirs, clock=self.clock)

    def turn(self) -> Tick:
        """Every collector has a turn, and its answer is in the tick."""
        self.clock.advance(LONGEST)
        self.monitor.beat()
        lanes = [one for one in self.monitor._engine.lanes if isinstance(one, BlockingLane)]
        until(lambda: all(map(answered, lanes)))
        self.clock.advance(1.0)
        tick = self.monitor.beat()
        self.monitor.writer.drain()
        return tick


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.monitor.stop()


@contextmanager
def no_descriptors() -> Iterator[None]:
    """None that is free may be used; those in use stay open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    probe = os.dup(0)
    os.close(probe)
    resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def no_threads() -> Iterator[None]:
    """As where pids.max is reached: what Python says when clone(2) fails."""

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        yield


def statuses(tick: Tick) -> dict[str, Status]:
    return {state.name: state.status for state in tick.collectors}


def test_descriptors_run_out_and_come_back(rig: Rig) -> None:
    before = statuses(rig.turn())
    assert {name for name, status in before.items() if status is Status.OK} >= COMMON
    with no_descriptors():
        for _ in range(3):
            tick = rig.turn()
            # What is read through descriptors that are kept goes on.
            assert tick.family("node_cpu_seconds_total")
            assert tick.family("node_memory_MemAvailable_bytes")
            assert tick.family("node_network_receive_bytes_total")
            assert len(tick.processes.rows) > 1
    troubled = {state.name: state.note for state in tick.collectors if state.status in BROKEN}
    assert set(troubled.values()) <= {SHORT}
    assert Status.UNSUPPORTED not in {
        status for name, status in statuses(tick).items() if before[name] is Status.OK
    }, "what is short now is not missing for good"
    tick = rig.turn()
    assert statuses(tick) == before
    assert rig.monitor.recording.state is RecordingState.RECORDING


def test_a_start_without_descriptors_shows_everything_with_the_next_turn(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    with no_descriptors():
        for _ in range(4):
            tick = rig.turn()
    assert {state.note for state in tick.collectors if state.name in COMMON} == {SHORT}
    for _ in range(2):
        tick = rig.turn()
    assert {name for name, status in statuses(tick).items() if status is Status.OK} >= COMMON
    rig.monitor.stop()


def test_threads_run_out_and_come_back(rig: Rig) -> None:
    with no_threads():
        for _ in range(2):
            tick = rig.turn()
            assert tick.family("node_cpu_seconds_total")
    notes = {state.name: state.note for state in tick.collectors}
    assert notes["filesystem"] == notes["sensors"] == SHORT
    tick = rig.turn()
    assert BROKEN.isdisjoint(statuses(tick).values())


def test_the_log_needs_no_descriptor_of_its_own() -> None:
    reading, writing = os.pipe()
    lines = Lines(writing, as_text)
    record = logging.LogRecord("x", logging.INFO, "here", 1, "still told", None, None)
    with no_descriptors():
        lines.emit(record)
    assert b"still told" in os.read(reading, 1000)
    os.close(reading)
    os.close(writing)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_recorder_that_may_start_no_process(tmp_path: Path) -> None:
    """Really: by the limit of its control group, while it runs."""
    (tmp_path / "config").mkdir(mode=0o700)
    settings = "collection.intervals = { filesystem = 1.0 }\n"
    (tmp_path / "config" / "settings.toml").write_text(settings)
    with control_group("pids") as group:
        one = Recorder(tmp_path, before=tuple(group.enter))
        until(lambda: ticked(tmp_path), lambda: one.log)
        time.sleep(5.0)
        # Less than there are: nobody is killed for it, and nobody begins.
        group.write("pids.limit", 1)
        time.sleep(10.0)
        group.write("pids.limit", "max")
        again = time.time()
        time.sleep(15.0)
        assert one.ends(signal.SIGTERM) == 0
        assert "Traceback" not in one.log
    past = open_past("sqlite:", state=tmp_path / "state")
    both = frozenset({"cpu", "filesystem"})
    found = list(past.read(0.0, 1e12, collectors=both))
    short = [one.wall for one in found if one.note and one.collector == "filesystem"]
    assert short, "it says that it has no figures"
    assert max(short) < again + 3.0, "and has them with its next turn"
    beats = [one.mono for one in found if one.collector == "cpu"]
    assert max(after - before for before, after in pairwise(beats)) < 5.0

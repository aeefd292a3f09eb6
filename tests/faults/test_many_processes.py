"""A hundred thousand processes: what a pass reads is bounded, and nobody waits for it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_detail import BUSIEST, MOST_MOVED
from sysmon_tui.collectors.process_linux import LinuxProcesses
from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.monitor.clock import SystemClock
from sysmon_tui.monitor.engine import Engine
from sysmon_tui.monitor.lane import DEAR, SHARE, create_lane
from tests.clock import ManualClock
from tests.collectors.process_tree import Calls, FakeProc, FakeProcess, watch
from tests.integration.live import COMMAND, environ
from tests.integration.strain import tmpfs
from tests.monitor.fakes import FakeCpu, alert_engine
from tests.pty import Pty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

SOME, MANY = 1500, 100_000
VISIBLE = 40
PASS, LAG = 1.5, 0.1
HELP = "LOOKING BACK"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return watch(monkeypatch)


def test_a_pass_opens_a_file_a_process_once_and_details_of_few(
    tmp_path: Path, calls: Calls
) -> None:
    proc = FakeProc(tmp_path)
    for pid in range(1, SOME + 1):
        proc.processes[pid] = FakeProcess(user=pid)
        (tmp_path / str(pid)).mkdir()
        proc.write(pid)
        (tmp_path / str(pid) / "cmdline").write_bytes(b"worker\0")
    proc.forks = SOME
    proc.write_totals()
    clock = ManualClock()
    collector = LinuxProcesses(Roots(proc=tmp_path), clock.mono, descriptors=8192)
    collector.demand = ProcessDemand(visible=frozenset(range(1, VISIBLE + 1)))
    calls.reset()
    for number in range(1, 30):
        collector.collect()
        of_processes = [name for name in calls.opened if "/" in name]
        details = [name for name in of_processes if not name.endswith("/stat")]
        # Each detail is a command and what it read and wrote.
        assert len(details) <= 2 * (VISIBLE + BUSIEST + MOST_MOVED)
        stats = len(of_processes) - len(details)
        assert stats == (SOME if number == 1 else 0), "kept open from the first pass on"
        if number > 20:
            assert calls.counts["pread"] < SOME / 3
        calls.reset()
        clock.advance(1.0)
        proc.run(1, 0.5)
    table = collector.collect().processes
    assert table is not None
    assert len(table.rows) == SOME
    assert len(table.details) <= VISIBLE + BUSIEST + MOST_MOVED
    collector.close()


@contextmanager
def tree(place: Path, count: int) -> Iterator[Path]:
    """A /proc of so many processes, in memory."""
    with tmpfs(place, 1 << 30) as root:
        (root / "stat").write_text(f"cpu  0 0 0 5 0 0 0 0 0 0\ncpu0 1 2 3 4\nprocesses {count}\n")
        (root / "loadavg").write_text(f"0.1 0.2 0.3 1/{count} 77\n")
        (root / "mounts").write_text("")
        directory = os.open(root, os.O_RDONLY)
        try:
            for pid in range(1, count + 1):
                os.mkdir(str(pid), dir_fd=directory)
                flags = os.O_WRONLY | os.O_CREAT
                file = os.open(f"{pid}/stat", flags, dir_fd=directory)
                os.write(file, FakeProcess(user=pid % 100).line(pid))
                os.close(file)
        finally:
            os.close(directory)
        yield root


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    try:
        with tree(tmp_path_factory.mktemp("many") / "proc", MANY) as root:
            yield root
    except subprocess.CalledProcessError:
        pytest.skip("only root may mount")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_thousand_hold_up_no_beat(many: Path) -> None:
    clock = SystemClock()
    lanes = [create_lane(FakeCpu()), create_lane(LinuxProcesses(Roots(proc=many)))]
    engine = Engine(lanes, alert_engine(), clock)
    first = engine.beat()
    assert len(first.processes.rows) == MANY
    costs, beats = [lanes[1].cost], []
    assert costs[0] > DEAR
    while len(costs) < 9:
        # As if the pause were over, which its cost makes it be but seldom.
        lanes[1]._due = float("-inf")
        for _ in range(200):
            began = time.monotonic()
            found = engine.beat()
            beats.append(time.monotonic() - began)
            if any(batch.collector == "process" for batch in found.batches):
                break
            time.sleep(0.05)
        costs.append(lanes[1].cost)
    state = lanes[1].state(clock.mono())
    assert state.interval == pytest.approx(max(1.0, costs[-1] / SHARE))
    print(f"passes {[round(cost, 2) for cost in costs]} s, beats {max(beats) * 1e3:.0f} ms")  # noqa: T201
    # The first ones get to know them all, and leave most alone from then on.
    assert median(costs[1:]) <= PASS
    assert max(beats) < LAG
    engine.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_hundred_thousand_make_no_key_wait(tmp_path: Path, many: Path) -> None:
    with tree(tmp_path / "few", 100) as few:
        usual = median(key_waits(tmp_path / "a", few))
    waits = key_waits(tmp_path / "b", many)
    worst = max(waits)
    print(f"a key: {usual * 1e3:.0f} ms, {median(waits) * 1e3:.0f}, {worst * 1e3:.0f}")  # noqa: T201
    # A machine that is busy with other things makes all that takes time take more of it.
    assert median(waits) - usual < max(LAG, usual / 2.0)


def key_waits(home: Path, proc: Path) -> list[float]:
    """Seconds from a key to what it shows, on a screen of this /proc read every two seconds."""
    (home / "config").mkdir(mode=0o700, parents=True)
    settings = f'host.proc = "{proc}"\ncollection.intervals = {{ process = 2.0 }}\n'
    (home / "config" / "settings.toml").write_text(settings)
    waits = []
    with Pty([*COMMAND, "--no-history"], columns=120, rows=40, environ=environ(home)) as term:
        term.wait_for(r"Processes 100", timeout=60)
        term.settle(0.5)
        for _ in range(15):
            began = time.monotonic()
            term.press("?")
            term.wait_for(HELP)
            waits.append(time.monotonic() - began)
            term.press("escape")
            term.wait_for(lambda term: HELP not in term.screen.text)
            term.pump(0.3)
        term.send("q")
        assert term.exit_status() == 0
    return waits

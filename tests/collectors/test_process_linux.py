from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sysmon_tui.collectors import process_linux
from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_linux import HIDDEN, LinuxProcesses, create, hides_processes
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessDemand, ProcessTable
from tests.clock import ManualClock
from tests.collectors.process_tree import (
    EACCES,
    ENOENT,
    Calls,
    FakeProc,
    open_descriptors,
    watch,
)


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    proc = FakeProc(tmp_path / "proc")
    proc.begin(1, comm=b"init", ppid=0, threads=2)
    for pid in (20, 30):
        proc.begin(pid, threads=3)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text(f"ann:x:{os.getuid()}:0:::\n")
    return proc


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def collector(proc: FakeProc, clock: ManualClock) -> Iterator[LinuxProcesses]:
    roots = Roots(proc=proc.root, root=proc.root.parent)
    collector = LinuxProcesses(roots, clock.mono)
    yield collector
    collector.close()


def table(collector: LinuxProcesses) -> ProcessTable:
    found = collector.collect().processes
    assert found is not None
    return found


def test_a_pass_joins_rows_details_and_inspection(
    collector: LinuxProcesses, proc: FakeProc, clock: ManualClock
) -> None:
    first = table(collector)
    collector.demand = ProcessDemand(frozenset({20}), inspect=first.rows[2].key)
    proc.run(30, 0.5)
    clock.advance(1.0)
    found = table(collector)
    assert [row.pid for row in found.rows] == [1, 20, 30]
    assert found.rows[0] is first.rows[0]
    assert found.rows[2].cpu == pytest.approx(0.5)
    assert found.details[20].user == "ann"
    assert found.inspection is not None
    assert found.inspection.key.pid == 30
    assert (found.states, found.threads, found.hidden) == ({"S": 3}, 8, False)


def test_families_carry_the_names_of_node_exporter(collector: LinuxProcesses) -> None:
    families = collector.collect().families
    assert set(families) == {metric.name for metric in collector.metrics}
    assert families["node_processes_state"] == {
        labels(state=state): 3.0 * (state == "S") for state in "RSDZTI"
    }
    assert families["node_processes_pids"] == {(): 3.0}
    assert families["node_processes_threads"] == {(): 8.0}
    assert families["node_processes_max_processes"] == {(): 32768.0}
    assert families["node_filefd_allocated"] == {(): 640.0}
    assert families["node_filefd_maximum"] == {(): 9000.0}


def test_limits_that_cannot_be_read_are_left_out(collector: LinuxProcesses, proc: FakeProc) -> None:
    (proc.root / "sys/kernel/pid_max").unlink()
    (proc.root / "sys/fs/file-nr").write_text("odd\n")
    assert set(collector.collect().families) == {
        "node_processes_state",
        "node_processes_pids",
        "node_processes_threads",
    }


def test_an_unusual_state_is_counted_too(collector: LinuxProcesses, proc: FakeProc) -> None:
    proc.processes[20].state = "t"
    proc.write(20)
    states = collector.collect().families["node_processes_state"]
    assert states[labels(state="t")] == 1.0


def test_without_the_machines_counters_processes_are_still_followed(
    collector: LinuxProcesses, proc: FakeProc, clock: ManualClock
) -> None:
    table(collector)
    (proc.root / "stat").write_bytes(b"")
    (proc.root / "loadavg").write_bytes(b"\xff")
    for _ in range(3):
        clock.advance(1.0)
        table(collector)
    (proc.root / "40").mkdir()
    proc.processes[40] = proc.processes[20]
    proc.write(40)
    clock.advance(1.0)
    assert [row.pid for row in table(collector).rows] == [1, 20, 30, 40]


def test_a_quiet_pass_opens_nothing_and_lists_nothing(
    proc: FakeProc, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = watch(monkeypatch)
    collector = LinuxProcesses(Roots(proc=proc.root, root=proc.root.parent), clock.mono)
    for _ in range(65):
        clock.advance(1.0)
        collector.collect()
    calls.reset()
    for _ in range(12):
        clock.advance(1.0)
        collector.collect()
    own_files = 4
    assert (calls.counts["open"], calls.counts["listdir"]) == (0, 0)
    assert calls.counts["pread"] == 12 * own_files + 3, "each process once in twelve passes"
    collector.close()


def test_proc_that_is_not_there_is_unsupported(tmp_path: Path) -> None:
    collector = LinuxProcesses(Roots(proc=tmp_path / "none"))
    with pytest.raises(Unsupported, match="cannot be listed: No such file"):
        collector.collect()


def test_proc_that_may_not_be_listed_is_denied(
    collector: LinuxProcesses, proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Calls = watch(monkeypatch)
    calls.fail["open", proc.root.name] = EACCES
    with pytest.raises(Denied, match=r"may not be listed\. Run as root"):
        collector.collect()
    calls.fail["open", proc.root.name] = ENOENT
    with pytest.raises(Unsupported):
        collector.collect()
    calls.fail.clear()
    assert len(table(collector).rows) == 3, "it recovers by itself"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_garbage_anywhere_never_raises(
    collector: LinuxProcesses, proc: FakeProc, clock: ManualClock, text: bytes, totals: bytes
) -> None:
    clock.advance(1.0)
    collector.demand = ProcessDemand(frozenset({20, 30}), every_command=True)
    proc.file(20, "stat", text)
    proc.file(30, "stat", b"30 (x) " + text)
    for name in ("cmdline", "io"):
        proc.file(20, name, text)
    for name in ("stat", "loadavg", "sys/kernel/pid_max", "sys/fs/file-nr"):
        (proc.root / name).write_bytes(totals)
    reading = collector.collect()
    assert reading.processes is not None
    assert reading.processes.rows[0].pid == 1
    assert all(isfinite(figure) for row in reading.processes.rows for figure in (row.cpu, row.rss))


# -- what is hidden ------------------------------------------------------------------------------


def test_a_missing_first_process_means_that_others_are_hidden(
    collector: LinuxProcesses, proc: FakeProc
) -> None:
    proc.end(1)
    reading = collector.collect()
    assert reading.processes is not None
    assert reading.processes.hidden
    assert reading.note == HIDDEN
    assert "root" in reading.note


def test_a_process_that_may_not_be_read_means_that_others_are_hidden(
    collector: LinuxProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = watch(monkeypatch)
    calls.fail["open", "20/stat"] = 1
    found = table(collector)
    assert (found.hidden, len(found.rows)) == (True, 2)


@pytest.mark.parametrize(
    ("options", "hides"),
    [
        ("rw,nosuid", False),
        ("rw,hidepid=0", False),
        ("rw,hidepid=off", False),
        ("rw,hidepid=2", True),
        ("rw,hidepid=invisible", True),
        ("rw,gid=4,hidepid=2", True),
        ("rw,gid=900,hidepid=2", False),
    ],
)
def test_the_mount_options_say_what_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, hides: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getgroups", lambda: [900])
    monkeypatch.setattr(os, "getegid", lambda: 1000)
    (tmp_path / "mounts").write_text(
        f"odd\nsysfs /sys sysfs rw 0 0\nproc /else proc hidepid=2 0 0\nproc {tmp_path} proc "
        f"{options} 0 0\n"
    )
    assert hides_processes(tmp_path) is hides
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not hides_processes(tmp_path), "nothing is hidden from root"


def test_without_a_list_of_mounts_nothing_is_known_to_be_hidden(tmp_path: Path) -> None:
    assert not hides_processes(tmp_path)


def test_mounts_that_hide_are_reported(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_linux, "hides_processes", lambda _: True)
    collector = LinuxProcesses(Roots(proc=proc.root))
    assert table(collector).hidden
    collector.close()


# -- the end -------------------------------------------------------------------------------------


def test_closing_gives_every_descriptor_back(proc: FakeProc) -> None:
    before = open_descriptors()
    collector = LinuxProcesses(Roots(proc=proc.root, root=proc.root.parent))
    key = table(collector).rows[0].key
    collector.demand = ProcessDemand(frozenset({1, 20}), every_command=True, inspect=key)
    collector.collect()
    assert open_descriptors() > before
    collector.close()
    assert open_descriptors() == before
    with pytest.raises(Unsupported, match="closed"):
        collector.collect()
    assert open_descriptors() == before


def test_closing_waits_for_the_pass_under_way(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def mono() -> float:
        inside.set()
        assert go_on.wait(30)
        return 1.0

    collector = LinuxProcesses(Roots(proc=proc.root), mono)
    reading = threading.Thread(target=collector.collect)
    reading.start()
    assert inside.wait(30)
    closing = threading.Thread(target=collector.close)
    closing.start()
    assert closing.is_alive()
    go_on.set()
    reading.join(30)
    closing.join(30)
    with pytest.raises(Unsupported, match="closed"):
        collector.collect()


def test_the_real_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_linux, "raise_descriptor_limit", lambda: 1024)
    collector = create(Roots())
    own = os.getpid()
    collector.demand = ProcessDemand(frozenset({own}))
    found = table(collector)
    row = next(row for row in found.rows if row.pid == own)
    assert (row.ppid, row.uid, row.kernel) == (os.getppid(), os.geteuid(), False)
    assert row.rss > 1 << 20
    assert "py" in found.details[own].command
    assert [one.pid for one in found.rows] == sorted(one.pid for one in found.rows)
    collector.close()

from __future__ import annotations

import os
from collections.abc import Iterator
from math import isnan
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process_portable import NO_USER, PortableProcesses, ask, create
from sysmon_tui.model.metric import labels
from sysmon_tui.model.process import ProcessDemand, ProcessInspection, ProcessKey, ProcessTable
from sysmon_tui.model.units import MISSING
from tests.clock import ManualClock

BOOT = 1_700_000_000.0


class FakeProcess:
    """What psutil.Process offers, as far as the collector uses it."""

    def __init__(self, pid: int, **values: Any) -> None:
        self.pid = pid
        self.asked: list[str] = []
        self.error: Exception | None = None
        self.values: dict[str, Any] = {
            "pid": pid,
            "ppid": 1,
            "name": "worker",
            "status": psutil.STATUS_SLEEPING,
            "create_time": BOOT + 50.0,
            "cpu_times": SimpleNamespace(user=1.0, system=0.5),
            "memory_info": SimpleNamespace(rss=4096, vms=8192),
            "num_threads": 2,
            "nice": 5,
            "uids": SimpleNamespace(effective=1000),
            "cmdline": ["run", "--x\x1b", "--token=s3cr3t"],
            "username": "ann",
            "io_counters": SimpleNamespace(read_bytes=0, write_bytes=0),
            "exe": "/bin/run",
            "cwd": "/tmp",
            "num_fds": 3,
        } | values
        self.io_counters = self.num_fds = self.cmdline = self.username = self.exe = None
        self.cwd = self.status = self.memory_info = None

    @property
    def info(self) -> dict[str, Any]:
        return self.values

    def as_dict(self, attributes: list[str]) -> dict[str, Any]:
        if self.error:
            raise self.error
        self.asked += attributes
        return {name: self.values[name] for name in attributes}


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[FakeProcess]:
    found = [FakeProcess(20), FakeProcess(3)]
    monkeypatch.setattr(psutil, "boot_time", lambda: BOOT)
    monkeypatch.setattr(psutil, "process_iter", lambda _: iter(found))
    return found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def collector(processes: list[FakeProcess], clock: ManualClock) -> Iterator[PortableProcesses]:
    collector = PortableProcesses(clock.mono)
    yield collector
    collector.close()


def table(collector: PortableProcesses) -> ProcessTable:
    found = collector.collect().processes
    assert found is not None
    return found


def test_rows_are_by_pid_and_as_on_linux(collector: PortableProcesses) -> None:
    found = table(collector)
    assert [row.pid for row in found.rows] == [3, 20]
    assert found.rows[0] == (3, 50.0, 1, 1000, "worker", "S", 0.0, 1.5, 4096, 2, 5, False)
    assert (found.states, found.threads, found.hidden) == ({"S": 2}, 4, False)
    assert found.details == {}


def test_what_the_system_denies_or_lacks_is_left_empty(
    collector: PortableProcesses, processes: list[FakeProcess]
) -> None:
    processes[1].values.update(
        dict.fromkeys(
            ["ppid", "name", "create_time", "cpu_times", "memory_info", "num_threads", "uids"]
        ),
        status="odd",
        nice=32768,
    )
    row = table(collector).rows[0]
    assert row == (3, 0.0, 0, NO_USER, "?", "S", 0.0, 0.0, 0, 0, 0, False)


def test_cpu_is_cores_since_the_pass_before(
    collector: PortableProcesses, processes: list[FakeProcess], clock: ManualClock
) -> None:
    before = table(collector)
    clock.advance(2.0)
    processes[0].values["cpu_times"] = SimpleNamespace(user=2.0, system=0.5)
    found = table(collector)
    assert found.rows[1].cpu == pytest.approx(0.5)
    assert found.rows[0] is before.rows[0]
    assert set(found.details) == {20}, "the busiest have details unasked"
    processes[0].values["create_time"] += 9.0
    clock.advance(2.0)
    assert table(collector).rows[1].cpu == 0.0, "another process under the same pid"


def test_details_are_for_what_is_in_demand(
    collector: PortableProcesses, processes: list[FakeProcess], clock: ManualClock
) -> None:
    collector.demand = ProcessDemand(visible=frozenset({20, 999}))
    first = table(collector).details
    assert set(first) == {20}
    assert first[20][:2] == ("run --x␛ --token=***", "ann")
    assert isnan(first[20].read_rate)
    processes[0].values["io_counters"] = SimpleNamespace(read_bytes=4000, write_bytes=200)
    clock.advance(2.0)
    assert table(collector).details[20][2:4] == (2000.0, 100.0)
    assert processes[0].asked.count("cmdline") == 1
    assert processes[1].asked == []


def test_all_commands_are_had_without_their_io(
    collector: PortableProcesses, processes: list[FakeProcess]
) -> None:
    processes[1].values.update(cmdline=[], username=None)
    collector.demand = ProcessDemand(every_command=True)
    found = table(collector).details
    assert (found[20].command, found[3].command, found[3].user) == (
        "run --x␛ --token=***",
        "[worker]",
        "1000",
    )
    assert "io_counters" not in processes[0].asked


def test_nobody_is_nobodys_name(collector: PortableProcesses, processes: list[FakeProcess]) -> None:
    processes[0].values.update(uids=None, username=None, io_counters=None)
    collector.demand = ProcessDemand(visible=frozenset({20}))
    detail = table(collector).details[20]
    assert detail.user == ""
    assert isnan(detail.write_rate)


def test_one_that_ends_meanwhile_is_no_error(
    collector: PortableProcesses, processes: list[FakeProcess]
) -> None:
    processes[0].error = psutil.NoSuchProcess(20)
    collector.demand = ProcessDemand(visible=frozenset({20}))
    assert table(collector).details[20].command == "[worker]"


def test_what_is_remembered_goes_with_the_process(
    collector: PortableProcesses, processes: list[FakeProcess], clock: ManualClock
) -> None:
    collector.demand = ProcessDemand(visible=frozenset({3, 20}))
    table(collector)
    processes.pop(0)
    clock.advance(1.0)
    assert set(table(collector).details) == {3}
    assert {key.pid for key in collector._commands} == {key.pid for key in collector._io} == {3}


def test_one_process_is_inspected(
    collector: PortableProcesses, processes: list[FakeProcess]
) -> None:
    processes.append(FakeProcess(1, name="init", ppid=0))
    collector.demand = ProcessDemand(inspect=ProcessKey(20, 50.0))
    found = table(collector).inspection
    assert found is not None
    facts = dict(found.facts)
    assert facts["Command"] == "run --x␛ --token=***"
    assert (facts["User"], facts["Parent"], facts["State"]) == ("ann", "1 init", "sleeping")
    assert (facts["Resident"], facts["Virtual"], facts["Open files"]) == ("4.0K", "8.0K", "3")


def test_an_inspection_survives_that_nothing_may_be_read(
    collector: PortableProcesses, processes: list[FakeProcess]
) -> None:
    processes[0].error = OSError("odd")
    collector.demand = ProcessDemand(inspect=ProcessKey(20, 50.0))
    found = table(collector).inspection
    assert found is not None
    facts = dict(found.facts)
    assert facts["Executable"] == facts["Open files"] == facts["Read"] == MISSING
    assert (facts["User"], facts["Parent"]) == ("1000", "1")


def test_inspecting_one_that_ended_says_so(collector: PortableProcesses) -> None:
    for key in (ProcessKey(77, 50.0), ProcessKey(20, 51.0)):
        collector.demand = ProcessDemand(inspect=key)
        assert table(collector).inspection == ProcessInspection(key, (("State", "ended"),))


def test_families_follow_from_the_table(collector: PortableProcesses) -> None:
    families = collector.collect().families
    assert families["node_processes_state"][labels(state="S")] == 2.0
    assert families["node_processes_pids"] == {(): 2.0}
    assert families["node_processes_threads"] == {(): 4.0}


def test_only_what_the_platform_has_is_asked_for() -> None:
    assert ask(psutil.Process(), ["no_such_attribute"]) == {}
    assert ask(psutil.Process(), ["pid", "no_such_attribute"]) == {"pid": os.getpid()}


def test_the_real_machine() -> None:
    collector = create(Roots())
    assert isinstance(collector, PortableProcesses)
    collector.demand = ProcessDemand(visible=frozenset({os.getpid()}))
    found = table(collector)
    assert "py" in found.details[os.getpid()].command
    assert found.threads >= len(found.rows) - found.states.get("Z", 0)

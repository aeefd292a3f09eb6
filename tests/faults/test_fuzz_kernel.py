"""Whatever the kernel's files hold, and whatever of them is missing: a pass tells what it can.

Each example cuts, garbles, fills with huge numbers or takes away one or two files of a small
machine; all collectors then read it twice, and what processors derive of that is finite too. Each
collector's own oddities are in `tests/collectors`.
"""

from __future__ import annotations

from contextlib import suppress
from math import isfinite
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.container import is_container, read_limits
from sysmon_tui.collectors.host import read_host
from sysmon_tui.collectors.kernel_log import read_kernel_log
from sysmon_tui.collectors.listening import read_listening
from sysmon_tui.collectors.process_linux import LinuxProcesses
from sysmon_tui.collectors.registry import create_collectors
from sysmon_tui.model.errors import Denied, Unsupported
from sysmon_tui.model.evidence import Log
from sysmon_tui.model.process import ProcessDemand
from sysmon_tui.model.sample import Batch
from sysmon_tui.model.text import clean
from sysmon_tui.processors.registry import derive
from tests.clock import ManualClock
from tests.collectors.conftest import FILES
from tests.collectors.hostile import mutations, survives
from tests.collectors.process_tree import FakeProc
from tests.faults.examples import EXAMPLES, quick

SOCKET = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 4242 1 0\n"
MORE = {
    "proc/net/tcp": f"  sl  local_address rem_address   st\n{SOCKET}",
    "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
    "root/var/log/kern.log": "2026-03-26T03:03:00+00:00 web-1 kernel: Out of memory: 7 (x)\n",
    "sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
    "sys/fs/cgroup/a.slice/memory.current": "1048576\n",
    "sys/fs/cgroup/a.slice/memory.stat": "anon 1\ninactive_file 4096\n",
    "sys/fs/cgroup/a.slice/memory.max": "max\n",
    "sys/fs/cgroup/a.slice/memory.events": "low 0\noom_kill 1\n",
    "sys/fs/cgroup/a.slice/cpu.stat": "usage_usec 100\nnr_periods 3\nnr_throttled 1\n",
    "sys/fs/cgroup/a.slice/pids.current": "4\n",
}
MACHINE = {**FILES, **MORE}
ELSEWHERE = ("unit", "self_cost", "filesystem")
"""They ask other programs, or our own part of the real /proc."""
OF_PROCESS = {
    "stat": "42 (db) S 1 1 1 0 -1 0 0 0 0 0 7 3 0 0 20 0 2 0 500 4096 1 0\n",
    "cmdline": "/usr/bin/db\0--port\x001\0--password=x\0",
    "status": "Name:\tdb\nUid:\t0\t0\t0\t0\nVmSwap:\t 12 kB\nThreads:\t2\n",
    "io": "read_bytes: 3145728\nwrite_bytes: 1024\n",
    "cgroup": "1:name=systemd:/\n0::/system.slice/db.service\n",
    "smaps_rollup": "00-ff ---p [rollup]\nRss: 9 kB\nPss:  2048 kB\nSwap: 512 kB\n",
    "limits": "Limit  Soft Limit Hard Limit Units\nMax open files   1024   4096   files\n",
    "oom_score": "666\n",
    "wchan": "do_epoll_wait",
}


@st.composite
def damages(draw: st.DrawFn, files: dict[str, str]) -> dict[str, bytes | None]:
    """One or two of the files with what is in them instead; None where they are gone."""
    names = draw(st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=2, unique=True))
    return {name: draw(st.none() | mutations(files[name])) for name in names}


def put(root: Path, files: dict[str, str], damage: dict[str, bytes | None]) -> None:
    """All files whole, then the damage."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, content in damage.items():
        if content is None:
            (root / name).unlink()
        else:
            (root / name).write_bytes(content)


# Each reads all collectors three times.
@settings(quick, max_examples=max(30, EXAMPLES // 4))
@given(damages(MACHINE), damages(MACHINE))
def test_a_machine_whose_files_are_anything(
    tmp_path: Path, first: dict[str, bytes | None], then: dict[str, bytes | None]
) -> None:
    roots = Roots(proc=tmp_path / "proc", sys=tmp_path / "sys", root=tmp_path / "root")
    put(tmp_path, MACHINE, first)
    collectors = create_collectors(roots, ELSEWHERE)
    processors = {collector.name: derive(collector.name) for collector in collectors}
    try:
        for number, damage in enumerate((first, then, {}), start=1):
            put(tmp_path, MACHINE, damage)
            for collector in collectors:
                reading = survives(collector)
                if reading is None:
                    continue
                at = 10.0 * number
                batch = Batch(collector=collector.name, wall=at, mono=at, families=reading.families)
                derived = processors[collector.name](batch)
                for name, family in derived.items():
                    assert all(map(isfinite, family.values())), (name, family)
            said_of_the_machine(roots)
    finally:
        for collector in collectors:
            collector.close()


def said_of_the_machine(roots: Roots) -> None:
    """What is read once, or for a report."""
    facts = read_host(roots, {})
    assert facts.hostname == clean(facts.hostname)
    assert all(value > 0.0 for value in read_limits(roots).values())
    is_container(roots, {})
    with suppress(Denied, Unsupported):
        read_listening(roots)
    log = read_kernel_log(roots, 0.0, lambda: Log("journal", ()))
    assert all(line.text == clean(line.text, 1 << 20) for line in log.lines)


@quick
@given(damages(OF_PROCESS), damages(OF_PROCESS))
def test_a_process_whose_files_are_anything(
    tmp_path: Path, first: dict[str, bytes | None], then: dict[str, bytes | None]
) -> None:
    root = tmp_path / "proc"
    if not root.exists():
        proc = FakeProc(root)
        for pid in (1, 42):
            proc.begin(pid)
    clock = ManualClock()
    collector = LinuxProcesses(Roots(proc=root, root=tmp_path), clock.mono)
    try:
        for damage in ({}, first, then):
            put(root / "42", OF_PROCESS, damage)
            clock.advance(1.0)
            table = collector.collect().processes
            assert table is not None
            assert 1 in {row.pid for row in table.rows}, "the others are told of"
            for row in table.rows:
                assert row.name == clean(row.name)
                assert row.cpu >= 0.0
                assert row.rss >= 0
            for detail in table.details.values():
                assert "password=x" not in detail.command
                assert detail.command == clean(detail.command, 1 << 20)
            key = next((row.key for row in table.rows if row.pid == 42), None)
            collector.demand = ProcessDemand(frozenset({1, 42}), inspect=key)
    finally:
        collector.close()

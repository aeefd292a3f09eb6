from __future__ import annotations

import resource
from pathlib import Path

from sysmon_tui.collectors.base import Roots
from sysmon_tui.collectors.process import create
from sysmon_tui.collectors.process_linux import LinuxProcesses
from sysmon_tui.collectors.process_portable import PortableProcesses
from sysmon_tui.model.process import ProcessDemand
from tests.collectors.process_tree import FakeProc


def test_where_there_is_a_proc_it_is_read_directly(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        collector = create(Roots(proc=FakeProc(tmp_path).root))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert isinstance(collector, LinuxProcesses)
    assert collector.demand == ProcessDemand()
    collector.close()


def test_elsewhere_psutil_reads(tmp_path: Path) -> None:
    assert isinstance(create(Roots(proc=tmp_path)), PortableProcesses)

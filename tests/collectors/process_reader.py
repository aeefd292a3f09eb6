"""The scan and the details driven over a made /proc, a pass a second."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sysmon_tui.collectors.process_detail import ProcessDetails
from sysmon_tui.collectors.process_files import ProcessFiles
from sysmon_tui.collectors.process_scan import ASLEEP, RESTING_TURNS, SETTLED, ProcessScan
from sysmon_tui.collectors.process_stat import parse_totals
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model.process import ProcessDemand, ProcessDetail, ProcessRow
from tests.clock import ManualClock
from tests.collectors.process_tree import FakeProc

COUNT = 240
"""Divisible by the turns, so that every pass costs exactly the same."""
IDLE_PASSES = SETTLED + RESTING_TURNS * (ASLEEP - SETTLED) + 2
"""Until all that do nothing are asleep."""


class Scanner:
    """A scan driven at a pass a second."""

    def __init__(self, root: Path, descriptors: int = 1024) -> None:
        self.root = root
        self.clock = ManualClock()
        self.files = ProcessFiles(root, descriptors)
        self.scan = ProcessScan(self.files)
        self.visible: frozenset[int] = frozenset()

    def step(self, passes: int = 1, *, seconds: float = 1.0) -> dict[int, ProcessRow]:
        root = self.root
        for _ in range(passes):
            self.clock.advance(seconds)
            totals = parse_totals((root / "stat").read_bytes(), (root / "loadavg").read_bytes())
            self.scan.read(totals, self.clock.mono(), self.visible)
        return {row.pid: row for row in self.scan.roster.table.rows()}

    def close(self) -> None:
        self.scan.roster.close()
        self.files.close()


class Reader:
    """Scan and details, a pass a second."""

    def __init__(self, proc: FakeProc, users: Path) -> None:
        self.root = proc.root
        self.clock = ManualClock()
        self.files = ProcessFiles(proc.root, 1024)
        self.scan = ProcessScan(self.files)
        self.details = ProcessDetails(self.files, UserNames(users))
        self.demand = ProcessDemand()

    def step(self, passes: int = 1) -> Mapping[int, ProcessDetail]:
        for _ in range(passes):
            self.clock.advance(1.0)
            totals = parse_totals(
                (self.root / "stat").read_bytes(), (self.root / "loadavg").read_bytes()
            )
            self.scan.read(totals, self.clock.mono(), self.demand.visible)
            found = self.details.read(self.scan, self.demand)
        return found

    def close(self) -> None:
        self.scan.roster.close()
        self.files.close()


def io(proc: FakeProc, pid: int, read: int, written: int) -> None:
    text = f"rchar: 9\nwchar: 9\nsyscr: 1\nsyscw: 1\nread_bytes: {read}\nwrite_bytes: {written}\n"
    proc.file(pid, "io", text.encode() + b"cancelled_write_bytes: 7\n")


def show(*pids: int) -> ProcessDemand:
    return ProcessDemand(visible=frozenset(pids))

"""The process collector of Linux: joins the scan, the details and the inspection of a pass.

The monitor's one collector thread calls `collect`; the screen assigns `demand` from its own.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from sysmon_tui.collectors.base import KernelFile, Roots
from sysmon_tui.collectors.figures import EXHAUSTED
from sysmon_tui.collectors.process_detail import ProcessDetails
from sysmon_tui.collectors.process_files import REFUSED, ProcessFiles, raise_descriptor_limit
from sysmon_tui.collectors.process_inspect import Inspector
from sysmon_tui.collectors.process_metrics import METRICS, limit_families, table_families
from sysmon_tui.collectors.process_scan import ProcessScan
from sysmon_tui.collectors.process_stat import parse_totals
from sysmon_tui.collectors.users import UserNames
from sysmon_tui.model.errors import Denied, SysmonError, Unsupported
from sysmon_tui.model.metric import Metric
from sysmon_tui.model.process import ProcessDemand, ProcessTable
from sysmon_tui.model.sample import Reading

HIDDEN = (
    "Other users' processes are hidden: run as root, or join the group that the gid= option of "
    "the /proc mount names"
)


class LinuxProcesses:
    name: ClassVar[str] = "process"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(
        self,
        roots: Roots,
        mono: Callable[[], float] = time.monotonic,
        descriptors: int = 1024,
    ) -> None:
        """`descriptors` is how many files this process may have open."""
        proc = roots.proc
        self.demand = ProcessDemand()
        self._mono = mono
        self._files = ProcessFiles(proc, descriptors)
        self._scan = ProcessScan(self._files)
        users = UserNames(roots.root / "etc/passwd")
        self._details = ProcessDetails(self._files, users)
        self._inspector = Inspector(proc, self._files, users)
        self._stat = KernelFile(proc / "stat", 65536)
        self._loadavg = KernelFile(proc / "loadavg", 256)
        self._pid_max = KernelFile(proc / "sys/kernel/pid_max", 64)
        self._file_nr = KernelFile(proc / "sys/fs/file-nr", 128)
        self._hiding = hides_processes(proc)
        # Closing waits for the pass under way, which never hangs; nothing is opened after it.
        self._lock = threading.Lock()
        self._closed = False

    def collect(self) -> Reading:
        with self._lock:
            if self._closed:
                raise Unsupported("the process collector is closed")
            table = self._read(self.demand)
        limits = limit_families(_text(self._pid_max), _text(self._file_nr))
        return Reading(
            {**table_families(table), **limits}, table, note=HIDDEN if table.hidden else ""
        )

    def _read(self, demand: ProcessDemand) -> ProcessTable:
        totals = parse_totals(_text(self._stat), _text(self._loadavg))
        scan, roster = self._scan, self._scan.roster
        try:
            scan.read(totals, self._mono(), demand.visible)
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            if error.errno in REFUSED:
                raise Denied(f"{self._files.proc} may not be listed", "Run as root") from None
            raise Unsupported(f"{self._files.proc} cannot be listed: {error.strerror}") from None
        details = self._details.read(scan, demand)
        return ProcessTable(
            roster.table.rows(),
            details,
            MappingProxyType(roster.table.states()),
            roster.table.threads,
            self._inspector.read(demand.inspect, roster.tracked),
            self._hiding or bool(roster.denied) or 1 not in roster.tracked,
        )

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._scan.roster.close()
            self._files.close()
            self._inspector.close()
            for file in (self._stat, self._loadavg, self._pid_max, self._file_nr):
                file.close()


def _text(file: KernelFile) -> bytes:
    """The file; nothing where it cannot be read, for that leaves a figure out, no more."""
    try:
        return file.read()
    except (SysmonError, OSError):
        return b""


def hides_processes(proc: Path) -> bool:
    """Whether /proc is mounted so that it keeps other users' processes from this one.

    The `hidepid` and `gid` mount options of proc(5); 0 and `off` hide nothing, and nothing is
    hidden from root.
    """
    try:
        mounts = (proc / "mounts").read_bytes()
    except OSError:
        return False
    if os.geteuid() == 0:
        return False
    for line in mounts.splitlines():
        words = line.split()
        if len(words) > 3 and words[2] == b"proc" and words[1] in (b"/proc", os.fsencode(proc)):
            options = dict(option.partition(b"=")[::2] for option in words[3].split(b","))
            exempt = options.get(b"gid", b"")
            if options.get(b"hidepid", b"off") not in (b"0", b"off"):
                return not (exempt.isdigit() and int(exempt) in (os.getegid(), *os.getgroups()))
    return False


def create(roots: Roots) -> LinuxProcesses:
    return LinuxProcesses(roots, descriptors=raise_descriptor_limit())

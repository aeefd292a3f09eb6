"""What the monitor itself costs: it must not be the problem it reports.

Metric names are those of Prometheus client libraries for their own process.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import ClassVar

from sysmon_tui.collectors.base import Collector, KernelFile, Roots
from sysmon_tui.model.metric import Kind, Metric, Unit
from sysmon_tui.model.sample import Reading

CPU_SECONDS = "process_cpu_seconds_total"
RESIDENT = "process_resident_memory_bytes"
OPEN_FILES = "process_open_fds"
THREADS = "process_threads"

METRICS = (
    Metric(
        CPU_SECONDS, Kind.COUNTER, Unit.SECONDS, "CPU time of this monitor, all threads and helpers"
    ),
    Metric(RESIDENT, Kind.GAUGE, Unit.BYTES, "Resident memory of this monitor"),
    Metric(OPEN_FILES, Kind.GAUGE, Unit.COUNT, "Descriptors that this monitor holds open"),
    Metric(THREADS, Kind.GAUGE, Unit.COUNT, "Threads of this monitor"),
)


_DIGITS = 5
"""A thousandth of a percent of a core at a beat a second; what is finer is noise to be stored."""


def cpu_seconds() -> float:
    """Of all our threads, and of the helpers that have ended (the file system probe)."""
    times = os.times()
    return round(time.process_time() + times.children_user + times.children_system, _DIGITS)


class LinuxSelfCost:
    name: ClassVar[str] = "self_cost"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 1.0
    may_block: ClassVar[bool] = False

    def __init__(self, place: Path) -> None:
        """`place` is our own directory in /proc."""
        self._statm = KernelFile(place / "statm")
        self._stat = KernelFile(place / "stat")
        self._open = place / "fd"
        self._page = os.sysconf("SC_PAGE_SIZE")

    def collect(self) -> Reading:
        resident = int(self._statm.read().split()[1]) * self._page
        # Field 20 of proc_pid_stat(5), the 18th after the name, which may hold anything.
        threads = int(self._stat.read().rpartition(b")")[2].split()[17])
        return Reading(
            {
                CPU_SECONDS: {(): cpu_seconds()},
                RESIDENT: {(): float(resident)},
                # One of them is the directory that is read.
                OPEN_FILES: {(): float(len(os.listdir(self._open)) - 1)},
                THREADS: {(): float(threads)},
            }
        )

    def close(self) -> None:
        self._statm.close()
        self._stat.close()


class PortableSelfCost:
    name: ClassVar[str] = "self_cost"
    metrics: ClassVar[tuple[Metric, ...]] = METRICS
    interval: ClassVar[float] = 5.0
    may_block: ClassVar[bool] = False

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()

    def collect(self) -> Reading:
        resident = float(self._process.memory_info().rss)
        threads = float(self._process.num_threads())
        return Reading(
            {CPU_SECONDS: {(): cpu_seconds()}, RESIDENT: {(): resident}, THREADS: {(): threads}}
        )

    def close(self) -> None:
        """Nothing is held open."""


def create(roots: Roots) -> Collector:
    """Always our own /proc: the watched machine's may be mounted elsewhere, we live in ours."""
    place = Path("/proc/self")
    return LinuxSelfCost(place) if (place / "statm").exists() else PortableSelfCost()
